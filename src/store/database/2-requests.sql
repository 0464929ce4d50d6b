-- What was asked of authorities and is not answered yet. `key` is SHA-256 over the SubjectPublicKeyInfo; the private
-- key has that name in its vault.
CREATE TABLE requests (
    key   BLOB PRIMARY KEY,
    der   BLOB NOT NULL,
    vault TEXT NOT NULL,
    made  INTEGER NOT NULL
) STRICT;
