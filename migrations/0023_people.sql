-- People: last sign-in, disabled accounts, one-time links, codes of an authenticator app; what a token is limited to and where it is used.
ALTER TABLE users ADD COLUMN signed_in_at INTEGER;
ALTER TABLE users ADD COLUMN disabled_at INTEGER; -- since when nobody may sign in with it
ALTER TABLE tokens ADD COLUMN permissions TEXT; -- words with spaces between them; none: all its role allows
ALTER TABLE tokens ADD COLUMN last_used_from TEXT;

CREATE TABLE one_time_links (
    id         INTEGER PRIMARY KEY,
    hash       BLOB    NOT NULL UNIQUE, -- SHA-256 of the token in the link
    user_id    INTEGER REFERENCES users (id) ON DELETE CASCADE, -- whose password it sets; none for an invitation
    role       TEXT    CHECK (role IN ('viewer', 'operator', 'administrator')), -- of the user it invites
    invitee    TEXT    NOT NULL, -- for whom, as the inviting person wrote it
    created_by TEXT    NOT NULL,
    creator_id INTEGER REFERENCES users (id) ON DELETE CASCADE, -- the user who made it; none for a command on the server's machine
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0, -- passwords that were hashed for it
    CHECK ((user_id IS NULL) <> (role IS NULL))
) STRICT;
CREATE INDEX one_time_links_by_user ON one_time_links (user_id);
CREATE INDEX one_time_links_by_creator ON one_time_links (creator_id);

CREATE TABLE totp (
    user_id      INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret       BLOB    NOT NULL, -- readable: each code is computed from it
    started_at   INTEGER NOT NULL,
    confirmed_at INTEGER, -- none while the first code is awaited
    last_step    INTEGER  -- the time step of the newest code that was used
) STRICT;

CREATE TABLE recovery_codes (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash    BLOB    NOT NULL, -- SHA-256 of the code's 80 random bits
    used_at INTEGER,
    PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;

CREATE VIEW people AS
SELECT users.id, users.name, users.role, users.password, users.created_at, users.changed_at, users.signed_in_at, users.disabled_at,
       EXISTS (SELECT 1 FROM totp WHERE totp.user_id = users.id AND totp.confirmed_at IS NOT NULL) AS totp
FROM users;
