/** Deletes KEYS[1] if it holds ARGV[1], in one atomic step: not all versions have a command for it. */
export const compareAndDelete = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end
return 0`;
