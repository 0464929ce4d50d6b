-- The key that seals what is kept here. `name`: under which its vault knows it.
CREATE TABLE sealing_key (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    name  BLOB NOT NULL,
    vault TEXT NOT NULL
) STRICT;
-- Messages that were opened or sent. `id` is a keyed hash of the message and names its sealed file, if `here` is 1;
-- what can be said of the message is in `sealed`.
CREATE TABLE messages (
    id     BLOB PRIMARY KEY,
    opened INTEGER NOT NULL,
    size   INTEGER NOT NULL,
    here   INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
-- Notes that are being written.
CREATE TABLE drafts (
    id      BLOB PRIMARY KEY,
    updated INTEGER NOT NULL,
    sealed  BLOB NOT NULL
) STRICT;
-- Files that belong to a draft and lie in sealed files of their own.
CREATE TABLE draft_files (
    id    BLOB PRIMARY KEY,
    draft BLOB NOT NULL REFERENCES drafts ON DELETE CASCADE
) STRICT;
CREATE INDEX draft_files_by_draft ON draft_files (draft);
