-- Records of a day's file that nothing opens any more: the last complete unlocking found their lines damaged or gone.
ALTER TABLE locked_damage ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;

-- How often a header was reported while there were more than a report carries.
ALTER TABLE locked_headers ADD COLUMN reported INTEGER NOT NULL DEFAULT 0;

-- What is mixed into the digests of users, so that they say nothing once it is gone with its window.
CREATE TABLE observed_salt (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    span     TEXT    NOT NULL,
    "window" INTEGER NOT NULL,
    salt     BLOB    NOT NULL
) STRICT;
DELETE FROM observed_users;
