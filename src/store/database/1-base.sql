-- Times are seconds since 1970. Fingerprints are SHA-256 over the DER certificate. Addresses are in the form
-- that is compared (domain in lower case); `shown` is as it was written.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
-- Names this profile's keys in the keyring, where other profiles have theirs, too.
INSERT INTO settings VALUES ('profile', lower(hex(randomblob(16))));

CREATE TABLE certificates (
    fingerprint BLOB PRIMARY KEY,
    der         BLOB NOT NULL
) STRICT;

CREATE TABLE identities (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL
) STRICT;
CREATE TABLE identity_addresses (
    address  TEXT PRIMARY KEY,
    shown    TEXT NOT NULL,
    identity INTEGER NOT NULL REFERENCES identities ON DELETE CASCADE
) STRICT;
CREATE TABLE own_keys (
    fingerprint BLOB PRIMARY KEY REFERENCES certificates,
    identity    INTEGER NOT NULL REFERENCES identities,
    vault       TEXT NOT NULL,
    retired     INTEGER NOT NULL,
    added       INTEGER NOT NULL
) STRICT;
CREATE INDEX own_keys_by_identity ON own_keys (identity);
CREATE TABLE own_key_chains (
    own_key     BLOB NOT NULL REFERENCES own_keys ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    certificate BLOB NOT NULL REFERENCES certificates,
    PRIMARY KEY (own_key, position)
) STRICT;
-- Private keys that are being put into a vault or taken out of it. What stands here when nobody is at work was
-- left by a process that died half-way.
CREATE TABLE pending_keys (
    fingerprint BLOB NOT NULL,
    vault       TEXT NOT NULL,
    PRIMARY KEY (fingerprint, vault)
) STRICT;

CREATE TABLE contacts (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL,
    capabilities BLOB
) STRICT;
CREATE TABLE contact_addresses (
    address TEXT PRIMARY KEY,
    shown   TEXT NOT NULL,
    contact INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE
) STRICT;
CREATE INDEX contact_addresses_by_contact ON contact_addresses (contact);
CREATE TABLE contact_keys (
    contact     INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE,
    certificate BLOB NOT NULL REFERENCES certificates,
    state       TEXT NOT NULL,
    origin      TEXT NOT NULL,
    added       INTEGER NOT NULL,
    verified    INTEGER,
    PRIMARY KEY (contact, certificate)
) STRICT;
CREATE INDEX contact_keys_by_certificate ON contact_keys (certificate);

CREATE TABLE anchors (
    certificate BLOB PRIMARY KEY REFERENCES certificates
) STRICT;
CREATE TABLE intermediates (
    certificate BLOB PRIMARY KEY REFERENCES certificates
) STRICT;
