-- Measurements that move all the time, beside the lists: free space, use, denials. Rows from before have none.
ALTER TABLE signal_history ADD COLUMN levels TEXT; -- JSON
