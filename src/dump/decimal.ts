// Decimal numbers read in place, digit by digit: many times faster than cutting them out of their line, and with the same value.

const powersOfTen = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Up to here digits make a whole number that is exact, and so is the one division that places the point. */
const exactDigits = 15;
const zero = 48;
const nine = 57;

/** Reads numbers as JSON writes them. One scanner reads many: it holds what the latest reading gave. */
export class DecimalScanner {
  value = 0;
  /** Behind the number. */
  end = 0;

  /** @returns whether a number begins at `from` */
  scan(text: string, from: number): boolean {
    let at = from;
    let code = text.charCodeAt(at);
    const isNegative = code === minus;
    if (isNegative) code = text.charCodeAt(++at);
    const first = at;
    let digits = 0;
    while (code >= zero && code <= nine) {
      digits = digits * 10 + (code - zero);
      code = text.charCodeAt(++at);
    }
    let count = at - first;
    if (count === 0 || (count > 1 && text.charCodeAt(first) === zero)) return false;
    let exponent = 0;
    if (code === point) {
      const start = ++at;
      code = text.charCodeAt(at);
      while (code >= zero && code <= nine) {
        digits = digits * 10 + (code - zero);
        code = text.charCodeAt(++at);
      }
      exponent = start - at;
      if (exponent === 0) return false;
      count -= exponent;
    }
    if (code === lowerE || code === upperE) {
      code = text.charCodeAt(++at);
      const isSmall = code === minus;
      if (isSmall || code === plus) code = text.charCodeAt(++at);
      const start = at;
      let power = 0;
      while (code >= zero && code <= nine) {
        if (power < 10_000) power = power * 10 + (code - zero);
        code = text.charCodeAt(++at);
      }
      if (at === start) return false;
      exponent += isSmall ? -power : power;
    }
    this.end = at;
    const scale = powersOfTen[Math.abs(exponent)];
    if (count > exactDigits || scale === undefined) this.value = Number(text.slice(from, at));
    else {
      const size = exponent < 0 ? digits / scale : digits * scale;
      this.value = isNegative ? -size : size;
    }
    return true;
  }
}

const minus = 45;
const plus = 43;
const point = 46;
const lowerE = 101;
const upperE = 69;
