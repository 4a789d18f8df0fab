import { CustodyError, isCustodyError } from "../lib/errors.ts";

/**
 * Answers of several questions, or one error that holds what is wrong with each of them: whoever typed it mends it all at once.
 * Anything but a CustodyError goes on as it is.
 */
export function together<A, B>(first: () => A, second: () => B): [A, B] {
  const errors: CustodyError[] = [];
  const asked = <T>(question: () => T): T | undefined => {
    try {
      return question();
    } catch (error) {
      if (!isCustodyError(error)) throw error;
      errors.push(error);
      return undefined;
    }
  };
  const [a, b] = [asked(first), asked(second)];
  const [one, other] = errors;
  if (one === undefined) return [a as A, b as B];
  if (other === undefined) throw one;
  const remedy = [...new Set(errors.flatMap((error) => error.remedy ?? []))].join(" ");
  throw new CustodyError(one.code, `${one.message}\n${other.message}`, {
    cause: one,
    ...(remedy === "" ? {} : { remedy }),
  });
}
