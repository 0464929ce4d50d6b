-- When the message was signed that said what this person's programs can do, in seconds; NULL if it was not said.
ALTER TABLE contacts ADD COLUMN capabilities_signed INTEGER;
