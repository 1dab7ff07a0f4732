//! The language, as a user of Velocity 1.7 knows it: templates and what they render.

use proptest::prelude::*;

use crate::{Context, Limits, Template, Value};

fn render(template: &str) -> String {
    try_render(template, Limits::default()).unwrap_or_else(|error| format!("error: {error}"))
}

fn try_render(template: &str, limits: Limits) -> Result<String, crate::Error> {
    let mut context = Context::new(limits);
    context.set("x", Value::from("X"));
    context.set("n", Value::Int(7));
    Template::parse(template)?.render(&mut context)
}

/// Each template with what it renders.
fn all(cases: &[(&str, &str)]) {
    for (template, expected) in cases {
        assert_eq!(render(template), *expected, "{template}");
    }
}

#[test]
fn references_render_or_stay_as_they_are() {
    all(&[
        ("$x ${x} $!x $!{x}", "X X X X"),
        ("$u ${u} $!u$!{u} ${u.a} $u.b('c') $x.nothing()", "$u ${u}  ${u.a} $u.b('c') $x.nothing()"),
        ("$x. ${x}y $x$x $$x 5$ $5 $ $", "X. Xy XX $X 5$ $5 $ $"),
        ("${ x} ${} $!", "${ x} ${} $!"),
        ("$x-y ${x}-y", "$x-y X-y"),
        ("$x.length() $x.length().toString().length()", "1 1"),
        ("ä$x\u{1F600}${x}é", "äX\u{1F600}Xé"),
        ("#set($null = '')$!{null}|", "|"),
    ]);
}

#[test]
fn backslashes_escape_what_is_there() {
    all(&[
        (r"\$x \\$x \\\$x \\\\$x", r"$x \X \$x \\X"),
        (r"\$u \\$u \\\$u", r"\$u \\$u \\\$u"),
        (r"\$!u $\!x $\\!{x}", r"\$!u $!x $\!{x}"),
        (r"\#if \\#if(true)a#end \#unknown a\b\\", r"#if \a \#unknown a\b\\"),
        (r"\#set($x = 1)", "#set(X = 1)"),
    ]);
}

#[test]
fn comments_and_unread_parts() {
    all(&[
        ("a## $x\nb", "ab"),
        ("a#* $x\n#if *#b", "ab"),
        ("#[[ $x #if ## ]]#|", " $x #if ## |"),
        ("# #1 #-", "# #1 #-"),
        ("##", ""),
    ]);
}

#[test]
fn literals() {
    all(&[
        ("#set($a = 'x$x\"')$a", "x$x\""),
        ("#set($a = \"<$x ${x}y $u #if(true)z#end>\")$a", "<X Xy $u z>"),
        ("#set($a = 'it''s')$a#set($a = \"a\"\"b\")$a", "it'sa\"b"),
        ("#set($a = \"\\u0041\\n\\ud83d\\ude00\")$a", "A\\n\u{1F600}"),
        ("#set($a = [1, 'b', [true, null], 2.50])$a $a.size()", "[1, b, [true, null], 2.5] 4"),
        ("#set($a = [1..4])$a#set($a = [2..-1])$a#set($a = [$n..$n])$a", "[1, 2, 3, 4][2, 1, 0, -1][7]"),
        ("#set($a = {})$a#set($a = {'k': 1, \"$x\": {'l': []}})$a", "{}{k=1, X={l=[]}}"),
        ("#set($a = -5)$a#set($a = 1e3)$a#set($a = 9223372036854775808)$a", "-51000.09.223372036854776E18"),
        ("#set($a = [])$a.isEmpty()#set($a = [ 1 , 2 ])$a", "true[1, 2]"),
    ]);
}

#[test]
fn operators_as_velocity_has_them() {
    let value = |expression: &str| render(&format!("#set($v = {expression})$v"));
    for (expression, expected) in [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3 - 10", "-1"),
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),
        ("-7 % 3", "-1"),
        ("7.0 / 2", "3.5"),
        ("1 / 0", "$v"),
        ("1.5 % 0", "$v"),
        ("9223372036854775807 + 1", "9.223372036854776E18"),
        ("'a' + 1 + 2", "a12"),
        ("1 + 2 + 'a'", "3a"),
        ("'a' + $u", "a$u"),
        ("'a' - 'b'", "$v"),
        ("1 == 1.0", "true"),
        ("1 == '1'", "true"),
        ("[1, {'a': 2}] == [1, {'a': 2}]", "true"),
        ("$u == $w", "true"),
        ("$u == ''", "false"),
        ("1 != 2 && 2 > 1 || false", "true"),
        ("1 lt 2 and 2 le 2 and 3 gt 2 and 3 ge 3 and 1 ne 2 and 1 eq 1 and not false", "true"),
        ("'a' < 'b'", "false"),
        ("!$u", "true"),
        ("!!''", "true"),
        ("! 0", "false"),
        ("false || 'text'", "true"),
        ("2 - 1", "1"),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn conditions() {
    all(&[
        ("#if(false)a#elseif($u)b#elseif(0)c#{else}d#end", "c"),
        ("#if($u)a#{else}b#end", "b"),
        ("#if('')a#end#if([])b#end#if({})c#end", "abc"),
        ("#if (true)\n  a\n#else\n  b\n#end\nc", "  a\nc"),
        ("#{if}(true)a#{end}b", "ab"),
        ("#iffy #endless", "#iffy #endless"),
    ]);
}

#[test]
fn loops_know_where_they_are() {
    all(&[
        (
            "#foreach($i in [1..3])$i$foreach.index$foreach.count$velocityCount#if($foreach.hasNext),#end#end",
            "1011,2122,3233",
        ),
        ("#foreach($i in ['a','b'])$foreach.first $foreach.last;#end", "true false;false true;"),
        (
            "#foreach($i in ['a','b'])${foreach.first()}$foreach.isLast()#end",
            "${foreach.first()}false${foreach.first()}true",
        ),
        (
            "#foreach($i in [1..2])#foreach($j in [1..2])$foreach.parent.index$foreach.topmost.count$foreach.index #end#end",
            "010 011 120 121 ",
        ),
        ("#set($i = 9)#foreach($i in [1..9])#if($i == 3)#break#end$i#end|$i", "12|9"),
        ("#foreach($i in $u)a#end#foreach($i in 'text')b#end#foreach($i in [])c#end|$i", "|$i"),
        ("#foreach($v in {'a': 1, 'b': 2})$v#end", "12"),
        (
            "#foreach($e in {'a': 1}.entrySet())$e#end",
            "error: ')' was expected, '.' was found at line 1, column 24",
        ),
        (
            "#set($m = {'a': 1})#foreach($e in $m.entrySet())$e.key=$e.getValue() $e#set($e.value = 2)#end$m",
            "a=1 a=1{a=2}",
        ),
        ("a#stop b", "a"),
        ("#foreach($i in [1..3])#if($i == 2)#stop#end$i#end x", "1"),
        ("a#break b", "a"),
        ("#set($l = [1, 2])#foreach($i in $l)#set($ok = $l.add($i))#end$l", "[1, 2, 1, 2]"),
    ]);
}

#[test]
fn assignments() {
    all(&[
        (
            "#set($m = {})#set($m.a = 1)#set($m['b c'] = [1, 2])#set($m['b c'][-1] = 3)$m $m['b c'][0]",
            "{a=1, b c=[1, 3]} 1",
        ),
        ("#set($a = 1)#set($a = $u)$a", "1"),
        ("#set( ${a} = 'f' )$a#set($!a='g')$a", "fg"),
        ("#set($u.a = 1)#set($x.a = 1)$u $x", "$u X"),
        ("#set($a = [1])#set($b = $a)#set($ok = $b.add(2))$a", "[1, 2]"),
        ("a\n  #set($a = 1)  \nb", "a\n  b"),
        ("#set($a = 1)\n  #set($b = 2)\nb", "b"),
        ("#set($a.b() = 1)", "error: nothing can be assigned to a method at line 1, column 6"),
    ]);
}

#[test]
fn macros_take_their_arguments_by_name() {
    all(&[
        ("#macro(twice $a)$a$a#end#twice('b')", "bb"),
        ("#later(1 2)#macro(later $a $b)$b$a#end", "21"),
        ("#macro(m, $a, $b)[$a|$b|$!b]#end#m($u)", "[$u|$b|]"),
        ("#macro(m $a)#set($c = 'new')$a#end#set($c = 'old')#m($c)", "new"),
        ("#macro(m $a)#set($a = 1)$a#end#set($c = 0)#m($c)$c", "10"),
        ("#macro(m $a)#if($a > 0)$a#set($b = $a - 1)#n($b)#end#end#macro(n $a)<$a>#end#m(2)", "2<1>"),
        ("#macro(box)[$bodyContent]#end#@box()a$x#end", "[aX]"),
        ("#macro(m)a#break b#end#foreach($i in [1..2])#m()#end", "aa"),
        ("#{m}()#macro(m)1#end", "1"),
        ("#unknown($x) #unknown(a b) #unknown", "#unknown($x) #unknown(a b) #unknown"),
        ("#macro(m)1#end#macro(m)2#end#m()", "1"),
        ("#macro(m $i)#foreach($i in [1..2])$i#end$i#end#m('z')", "12z"),
    ]);
}

#[test]
fn definitions_render_where_they_are_used() {
    all(&[
        ("#define($d)<$v>#end#set($v = 1)$d#set($v = 2)$d", "<1><2>"),
        ("#define($d)a#end#set($d = 'b')$d", "b"),
        ("#define($d)$x#end#set($t = \"$d!\")$t.length()", "2"),
        ("#evaluate('$x#if(true)y#end')#evaluate('#macro(m)z#end')#m()#evaluate($u)", "Xyz"),
        (
            "#evaluate('#if(')",
            "error: in #evaluate, a value was expected, the end was found at line 1, column 5 at line 1, column 1",
        ),
    ]);
}

#[test]
fn what_is_no_template_is_refused_with_its_place() {
    for (template, expected) in [
        ("a\n #if($x)", "#if has no #end at line 2, column 2"),
        ("#end", "an #end or #else without its beginning at line 1, column 1"),
        ("#foreach($a in [1])#else#end", "an #else in #foreach has no #if at line 1, column 1"),
        ("é $x.y(", "a value was expected, the end was found at line 1, column 8"),
        ("${x", "'}' was expected, the end was found at line 1, column 4"),
        ("#set($a = 'b)", "a text in quotes has no end at line 1, column 11"),
        ("#* a", "a comment has no end at line 1, column 1"),
        ("#include('f')", "#include is not for mapping templates at line 1, column 1"),
        ("#parse('f')", "#parse is not for mapping templates at line 1, column 1"),
        ("$x[1", "']' was expected, the end was found at line 1, column 5"),
    ] {
        assert_eq!(Template::parse(template).unwrap_err().to_string(), expected, "{template}");
    }
}

#[test]
fn what_throws_ends_the_template() {
    for (template, expected) in [
        ("\n$x.substring(2)", "index 2 is out of bounds for length 1 at line 2, column 1"),
        ("#set($a = [1])$a.get(1)", "index 1 is out of bounds for length 1 at line 1, column 15"),
        ("$x.format('a')", "the method format of String is not built at line 1, column 1"),
        ("$x.matches('(?=a)')", "a pattern is not understood: ^(?:(?=a))$ at line 1, column 1"),
    ] {
        assert_eq!(try_render(template, Limits::default()).unwrap_err().to_string(), expected, "{template}");
    }
}

#[test]
fn what_goes_on_for_ever_is_cut() {
    let doubling = "#set($s = 'ab')#foreach($i in [1..40])#set($s = \"$s$s\")#end";
    let list = "#set($l = [1])#foreach($i in [1..40])#set($ok = $l.addAll($l))#end";
    let nested = "#set($l = [1])#foreach($i in [1..900])#set($l = [$l, $l])#end";
    let wide = "#set($l = [1])#set($k = [1])#foreach($i in [1..90])#set($l = [$l, $l])#set($k = [$k, $k])#end#if($l == $k)#end";
    for (template, expected) in [
        ("#macro(m)#m()#end#m()", "goes too deep"),
        ("#define($d)$d#end$d", "goes too deep"),
        ("#set($t = '#evaluate($t)')#evaluate($t)", "goes too deep"),
        ("#foreach($i in [1..1001])#end", "more than 1000 turns"),
        ("#foreach($i in [1..999])#foreach($j in [1..999])$i#end#end", "takes too long"),
        ("#set($a = [1..99999999999])", "takes too long"),
        (doubling, "longer than"),
        (list, "takes too long"),
        ("#set($l = [])#set($ok = $l.add($l))$l", "nested more than"),
        (&format!("{nested}$l"), "nested more than"),
        (wide, "takes too long"),
        ("#set($m = {})#set($m.m = $m)#set($n = {})#set($n.m = $n)#if($m == $n)#end", "nested more than"),
        ("#macro(m $a)#m(\"$a$a\")#end#m('ab')", "goes too deep"),
        (
            "#foreach($i in [1..999])#foreach($j in [1..99])$x.replaceAll('(.*)', '$1$1')#end#end",
            "takes too long",
        ),
    ] {
        let error = try_render(template, Limits::default()).expect_err(template);
        assert!(error.message().contains(expected), "{template}: {error}");
    }
    let small = Limits { output_bytes: 5, ..Limits::default() };
    assert_eq!(try_render("12345", small).unwrap(), "12345");
    assert!(try_render("1234$x$x", small).unwrap_err().message().contains("longer than 5 bytes"));
}

/// A thread of a server has two megabytes of stack, of which others want some.
#[test]
fn nesting_stays_on_the_stack() {
    let on_small_stack = |template: String| {
        let render =
            move || try_render(&template, Limits::default()).map_err(|error| error.message().to_owned());
        let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(render).unwrap();
        thread.join().unwrap()
    };
    for (open, close) in
        [("#if(true)", "#end"), ("#set($a = (", "))"), ("$x.concat(", ")"), ("#define($a)", "#end")]
    {
        let nested = |depth: usize| format!("{}$x{}", open.repeat(depth), close.repeat(depth));
        let _ = on_small_stack(nested(10));
        assert!(on_small_stack(nested(100_000)).is_err());
    }
    for open in ["(", "[", "!", "-", "{'a':", "1 + (", "$x[", "$x.a(", "not ", "1 || 1 && 1 == 1 < 1 + 1 * ("]
    {
        assert!(on_small_stack(format!("#set($a = {}", open.repeat(50_000))).is_err());
        let close: String =
            open.chars().rev().filter_map(|letter| "([{".find(letter).map(|at| &")]}"[at..=at])).collect();
        let deepest = |depth: usize| format!("#set($a = {}$x{})", open.repeat(depth), close.repeat(depth));
        let _ = on_small_stack(deepest(46));
        let _ = on_small_stack(deepest(23));
    }
    let deep = "((1 || 1 && 1 == 1 < 1 + 1 * ".repeat(20) + "$a" + &"))".repeat(20);
    assert!(on_small_stack(format!("#macro(m $a)#m({deep})#end#m(1)")).is_err());
    assert!(on_small_stack("#macro(m $a)$x.concat(\"$a#m('b')\")#end#m('a')".to_owned()).is_err());
    assert!(
        on_small_stack("#macro(m $a)#if(true)#foreach($i in [1])\"#m($a)\"#end#end#end#m(1)".to_owned())
            .is_err()
    );
    let chain = "1 + ".repeat(100_000);
    assert!(on_small_stack(format!("#set($a = {chain}1)$a")).is_ok_and(|text| text == "100001"));
}

/// Parts of templates, put together at random.
fn fragments() -> impl Strategy<Value = String> {
    let parts = [
        "$x",
        "$!{x}",
        "${",
        "$u.a",
        ".length()",
        "[0]",
        "['k']",
        "#if(",
        "#set(",
        "$a = ",
        ")",
        "#end",
        "#else",
        "#foreach($i in ",
        "[1..3]",
        "[1, 'a']",
        "{'k': 1}",
        "#macro(m $a)",
        "#m(",
        "#define($d)",
        "$d",
        "#evaluate(",
        "\"",
        "'",
        "\\",
        "##",
        "\n",
        "#*",
        "*#",
        "#[[",
        "]]#",
        " ",
        "==",
        " && ",
        "!",
        "-",
        "1",
        "2.5",
        "(",
        "true",
        "$foreach.hasNext",
        "#break",
        "#stop",
        ".split(',')",
        ".replaceAll('(x)', '$1')",
        ".add($a)",
        ".put('a', $m)",
        "#set($m = {})",
        "#set($l = [$l, $m])",
        "é",
        "\u{1F600}",
        ".substring(1)",
        ".get(0)",
        "#@m()",
        "$bodyContent",
    ];
    prop::collection::vec(prop::sample::select(parts.to_vec()), 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
        let _ = try_render(&text, Limits::default());
    }

    #[test]
    fn no_template_makes_more_than_it_may(text in fragments()) {
        let limits = Limits { output_bytes: 2000, steps: 20_000, ..Limits::default() };
        if let Ok(output) = try_render(&text, limits) {
            prop_assert!(output.len() <= 2000);
        }
    }

    #[test]
    fn plain_text_is_itself(text in "[^$#\\\\]{0,80}") {
        prop_assert_eq!(render(&text), text);
    }

    #[test]
    fn texts_survive_quotes(text in "[^$#\\\\]{0,40}") {
        let double = render(&format!("#set($a = \"{}\")$a", text.replace('"', "\"\"")));
        prop_assert_eq!(&double, &text);
        prop_assert_eq!(render(&format!("#set($a = '{}')$a", text.replace('\'', "''"))), text);
    }

    #[test]
    fn whole_numbers_calculate_as_rusts_do(left in -1000_i64..1000, right in 1_i64..50) {
        let text = render(&format!("#set($a = {left} * {right} + {left} / {right} - {left} % {right})$a"));
        prop_assert_eq!(text, (left * right + left / right - left % right).to_string());
    }
}
