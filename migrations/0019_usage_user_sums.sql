-- What users used in a span of 32 UTC days, summed when it is asked for the first time. A change of a day forgets its span; `users` is
-- NULL while it is being summed.
CREATE TABLE usage_user_sums (
    series INTEGER NOT NULL,
    span INTEGER NOT NULL,
    claim TEXT NOT NULL,
    users BLOB,
    PRIMARY KEY (series, span)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER usage_users_added AFTER INSERT ON usage_users BEGIN
    DELETE FROM usage_user_sums WHERE series = NEW.series AND span = NEW.day / 32;
END;

CREATE TRIGGER usage_users_changed AFTER UPDATE ON usage_users BEGIN
    DELETE FROM usage_user_sums WHERE series = NEW.series AND span = NEW.day / 32;
END;

CREATE TRIGGER usage_users_removed AFTER DELETE ON usage_users BEGIN
    DELETE FROM usage_user_sums WHERE series = OLD.series AND span = OLD.day / 32;
END;
