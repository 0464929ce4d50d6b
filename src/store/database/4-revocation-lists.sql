-- Lists of certificates that their authorities have taken back. `issuer` is the canonical form of the name; lists of one
-- `series` follow one another. `proved`: an authority that the person believes has signed it.
CREATE TABLE revocation_lists (
    fingerprint BLOB PRIMARY KEY,
    issuer      BLOB NOT NULL,
    series      BLOB NOT NULL,
    proved      INTEGER NOT NULL,
    der         BLOB NOT NULL
) STRICT;
CREATE INDEX revocation_lists_by_issuer ON revocation_lists (issuer);
