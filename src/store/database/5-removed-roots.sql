-- Authorities that the computer offers for mail and that the person does not believe.
CREATE TABLE removed_roots (
    fingerprint BLOB PRIMARY KEY
) STRICT;
