//! A flame graph as one SVG file that needs nothing else: who calls whom upwards, and by width how often it was seen.

use std::fmt::Write as _;

use super::stacks::Stacks;

const WIDTH: f64 = 1600.0;
const ROW_HEIGHT: f64 = 17.0;
/// What is narrower is left out: nobody sees it, and there are many.
const WIDTH_MIN: f64 = 0.3;
/// The width of a letter, about.
const LETTER_WIDTH: f64 = 6.6;

/// A function that is being drawn: what stands beside it with the same callers goes into it.
struct Open<'a> {
    name: &'a str,
    /// Where it begins, in looks.
    begin: usize,
}

/// Draws stacks.
pub(crate) fn draw(title: &str, stacks: &Stacks) -> String {
    let total: usize = stacks.iter().map(|(_, count)| count).sum();
    let depth = stacks.iter().map(|(stack, _)| stack.len()).max().unwrap_or_default();
    let height = (depth + 2) as f64 * ROW_HEIGHT;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"monospace\" \
         font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"4\" y=\"13\">{}: \
         {total} looks</text>\n",
        escaped(title)
    );
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut at = 0;
    let mut close = |open: &mut Vec<Open<'_>>, kept: usize, at: usize| {
        while open.len() > kept {
            let row = open.len();
            if let Some(Open { name, begin }) = open.pop() {
                let y = height - row as f64 * ROW_HEIGHT;
                add(&mut svg, name, [begin, at, total], y);
            }
        }
    };
    for (stack, count) in stacks.iter() {
        let kept = open.iter().zip(stack).take_while(|(open, name)| open.name == name.as_str()).count();
        close(&mut open, kept, at);
        open.extend(stack[kept..].iter().map(|name| Open { name, begin: at }));
        at += count;
    }
    close(&mut open, 0, at);
    svg.push_str("</svg>\n");
    svg
}

/// Adds a function's box, with its name as far as there is room, and whole for who points at it.
fn add(svg: &mut String, name: &str, [begin, end, total]: [usize; 3], y: f64) {
    let place = |looks: usize| looks as f64 / total as f64 * WIDTH;
    let (x, width) = (place(begin), place(end - begin));
    if width < WIDTH_MIN {
        return;
    }
    let share = (end - begin) as f64 / total as f64 * 100.0;
    let room = (width / LETTER_WIDTH) as usize;
    let shown: String = if room < 3 { String::new() } else { name.chars().take(room).collect() };
    // Writing to a string does not fail.
    let _ = writeln!(
        svg,
        "<g><title>{} ({share:.2} %)</title><rect x=\"{x:.2}\" y=\"{y}\" width=\"{width:.2}\" height=\"{:.0}\" \
         fill=\"hsl({}, 80%, 65%)\" stroke=\"white\" stroke-width=\"0.3\"/><text x=\"{:.2}\" y=\"{}\">{}</text></g>",
        escaped(name),
        ROW_HEIGHT - 1.0,
        hue(name),
        x + 2.0,
        y + 12.0,
        escaped(&shown)
    );
}

/// The same name has the same colour everywhere, between red and yellow.
fn hue(name: &str) -> u32 {
    name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 55
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_as_wide_as_all_that_it_calls() {
        let look = |name: &str| format!("http-0\n 1 {name}\n 2 door<T>\n\n");
        let svg =
            draw("a & b", &Stacks::read(&[look("read"), look("read"), look("write"), look("read")].concat()));
        assert!(svg.contains("a &amp; b: 4 looks"), "{svg}");
        assert!(svg.contains("<title>door&lt;T&gt; (100.00 %)</title><rect x=\"0.00\""), "{svg}");
        assert!(svg.contains("<title>read (75.00 %)</title><rect x=\"0.00\""), "{svg}");
        assert!(svg.contains("<title>write (25.00 %)</title><rect x=\"1200.00\""), "{svg}");
        assert_eq!(svg.matches("<rect x=").count(), 4);
    }
}
