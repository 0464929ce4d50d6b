-- By which custom this key has signed a message's header fields: 'rfc9788', 'older', or NULL if it never did.
ALTER TABLE contact_keys ADD COLUMN headers TEXT;
