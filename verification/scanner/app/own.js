// What an object has itself by a name that came from outside: `constructor` is no situation and no language.
export const own = (object, name) => (object && Object.hasOwn(object, name) ? object[name] : undefined);
