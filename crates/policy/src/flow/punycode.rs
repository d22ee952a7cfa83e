//! Names beyond ASCII as DNS has them (RFC 3492), so that both ways of writing one are the same.

const BASE: u32 = 36;

/// One label in lower case; `None` for what is no label.
pub(super) fn label(text: &str) -> Option<String> {
    if text.is_ascii() {
        return Some(text.to_ascii_lowercase());
    }
    let points: Vec<u32> = text.to_lowercase().chars().map(u32::from).collect();
    if points.len() > 63 {
        return None;
    }
    let mut out: String =
        points.iter().filter(|it| **it < 128).filter_map(|it| char::from_u32(*it)).collect();
    let basic = u32::try_from(out.len()).ok()?;
    let mut done = basic;
    if basic > 0 {
        out.push('-');
    }
    let (mut next, mut delta, mut bias) = (128_u32, 0_u32, 72_u32);
    while (done as usize) < points.len() {
        let least = *points.iter().filter(|it| **it >= next).min()?;
        delta = delta.checked_add((least - next).checked_mul(done + 1)?)?;
        next = least;
        for point in &points {
            if *point < next {
                delta = delta.checked_add(1)?;
            }
            if *point == next {
                digits(delta, bias, &mut out);
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done += 1;
            }
        }
        delta = delta.checked_add(1)?;
        next += 1;
    }
    Some(format!("xn--{out}"))
}

fn digits(delta: u32, bias: u32, out: &mut String) {
    let (mut rest, mut step) = (delta, BASE);
    loop {
        let threshold = step.saturating_sub(bias).clamp(1, 26);
        if rest < threshold {
            break;
        }
        out.push(digit(threshold + (rest - threshold) % (BASE - threshold)));
        rest = (rest - threshold) / (BASE - threshold);
        step += BASE;
    }
    out.push(digit(rest));
}

fn digit(value: u32) -> char {
    char::from_digit(if value < 26 { value + 10 } else { value - 26 }, BASE).unwrap_or('0')
}

fn adapt(delta: u32, points: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut steps = 0;
    while delta > 455 {
        delta /= BASE - 1;
        steps += BASE;
    }
    steps + BASE * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    #[test]
    fn labels_are_those_of_dns() {
        let cases = [
            ("Example", "example"),
            ("b\u{fc}cher", "xn--bcher-kva"),
            ("M\u{dc}nchen", "xn--mnchen-3ya"),
            // Cyrillic, which looks like Latin.
            ("\u{435}xample", "xn--xample-2of"),
            ("\u{4f8b}\u{3048}", "xn--r8jz45g"),
        ];
        for (text, expected) in cases {
            assert_eq!(super::label(text).as_deref(), Some(expected), "{text}");
        }
    }
}
