//! Each construct of the specification: what matches, and what does not.

use serde_json::{Value, json};

use crate::{is_match, of_item};

fn check(detection: &str, matching: &[Value], others: &[Value]) {
    for (events, expected) in [(matching, true), (others, false)] {
        for event in events {
            assert_eq!(is_match(detection, event), expected, "{detection}\n{event}");
        }
    }
}

/// Each value as that of the field `a`.
fn a(values: &[Value]) -> Vec<Value> {
    values.iter().map(|value| json!({"a": value})).collect()
}

fn check_item(item: &str, matching: &[Value], others: &[Value]) {
    check(&of_item(item), &a(matching), &a(others));
}

#[test]
fn values() {
    for (item, matching, others) in [
        // General: values are case-insensitive.
        (
            "a: Ab",
            vec![json!("ab"), json!("AB"), json!(["x", "aB"])],
            vec![json!("abc"), json!(null), json!([])],
        ),
        ("a: straße", vec![json!("STRAßE")], vec![]),
        ("a: [x, y]", vec![json!("y"), json!(["z", "X"])], vec![json!("xy")]),
        // String Wildcard.
        ("a: prog?.exe", vec![json!("progA.exe")], vec![json!("prog.exe"), json!("progAB.exe")]),
        ("a: v*.exe", vec![json!("v.exe"), json!("v\n1.2.EXE")], vec![json!("av.exe")]),
        ("a: '*'", vec![json!(""), json!(0), json!("x")], vec![json!(null), json!([])]),
        ("a: a*b*a", vec![json!("aba"), json!("a-b-b-a")], vec![json!("ab"), json!("aa")]),
        ("a: '*b?'", vec![json!("bb"), json!("abbc")], vec![json!("b"), json!("ab")]),
        // Escaping.
        (r"a: '\*'", vec![json!("*")], vec![json!("x")]),
        (r"a: '\?x'", vec![json!("?x")], vec![json!("ax")]),
        (r"a: 'C:\Win\\*'", vec![json!(r"c:\win\x")], vec![json!(r"c:\win*"), json!(r"c:\winx")]),
        (r"a: '\\\*'", vec![json!(r"\*")], vec![json!(r"\x")]),
        (r"a: '\\\\x'", vec![json!(r"\\x")], vec![json!(r"\x")]),
        // Maps: integers.
        (
            "a: 22",
            vec![json!(22), json!(22.0), json!("22"), json!([1, 22])],
            vec![json!(220), json!("x22"), json!(null)],
        ),
        ("a: '22'", vec![json!(22), json!("22")], vec![json!(2)]),
        ("a: 1.5", vec![json!(1.5), json!("1.50")], vec![json!(1), json!("1,5")]),
        (
            "a: 9007199254740993",
            vec![json!(9_007_199_254_740_993_i64)],
            vec![json!(9_007_199_254_740_992_i64)],
        ),
        ("a: true", vec![json!(true), json!("True")], vec![json!(false), json!(1), json!("yes")]),
        ("a: 'false'", vec![json!(false), json!("FALSE")], vec![json!(true)]),
        // Special Field Values.
        ("a: ''", vec![json!("")], vec![json!(null), json!("x")]),
        ("a: null", vec![json!(null)], vec![json!(""), json!(0), json!([])]),
        ("a: [null, x]", vec![json!(null), json!("x")], vec![json!("y")]),
    ] {
        check_item(item, &matching, &others);
    }
    let absent = [json!({}), json!({"b": 1})];
    for item in ["a: null", "a: [x, null]", "a|exists: false"] {
        check(&of_item(item), &absent, &[]);
    }
    for item in ["a: ''", "a: '*'", "a|exists: true", "a|neq: x", "a|neq: null", "a|fieldref: b", "a|lt: 5"] {
        check(&of_item(item), &[], &absent);
    }
}

#[test]
fn modifiers() {
    for (item, matching, others) in [
        ("a|contains: ell", vec![json!("hELLo"), json!("ell")], vec![json!("el"), json!(null)]),
        ("a|contains: [w, x, y, z?z]", vec![json!("X"), json!("-zaz-")], vec![json!("zz"), json!("abc")]),
        ("a|contains: [one, two, three, four]", vec![json!("aFOURb")], vec![json!("fo ur")]),
        ("a|contains: 22", vec![json!(1220), json!("a22")], vec![json!(2)]),
        ("a|startswith: [he, x]", vec![json!("hello"), json!("X")], vec![json!("ahe")]),
        ("a|endswith: lo", vec![json!("hello")], vec![json!("lol")]),
        ("a|contains|all: [he, lo]", vec![json!("hello"), json!(["he", "lo"])], vec![json!("he")]),
        ("a|all: ['*a*', '*b*']", vec![json!("ab")], vec![json!("a")]),
        ("a|cased: Ab", vec![json!("Ab")], vec![json!("ab")]),
        ("a|contains|cased: B", vec![json!("aB")], vec![json!("ab")]),
        ("a|exists: true", vec![json!(null), json!(""), json!([]), json!({})], vec![]),
        ("a|exists: false", vec![], vec![json!(null), json!(0)]),
        ("a|neq: x", vec![json!("y"), json!(["y"]), json!("")], vec![json!("X"), json!(["y", "x"])]),
        ("a|neq: [1, 2]", vec![json!(3)], vec![json!(1), json!("2")]),
        ("a|contains|neq: x", vec![json!("y")], vec![json!("axb")]),
        ("a|neq: null", vec![json!(""), json!(0)], vec![json!(null)]),
        // Regular expressions.
        ("a|re: ^h.l+o$", vec![json!("hello")], vec![json!("Hello"), json!("h\nlo")]),
        ("a|re: b", vec![json!("abc"), json!(["x", "b"])], vec![json!("B")]),
        ("a|re: [^x$, y]", vec![json!("x"), json!("ay")], vec![json!("xx")]),
        ("a|re|i: ^H", vec![json!("hello")], vec![]),
        ("a|re|m: ^b$", vec![json!("a\nb")], vec![json!("a b")]),
        ("a|re|s: a.b", vec![json!("a\nb")], vec![]),
        ("a|re|i|m|s: '^B.c'", vec![json!("a\nb\nC")], vec![json!("ab\nc")]),
        ("a|re: '^\\d+$'", vec![json!(15), json!("7")], vec![json!(1.5), json!(true)]),
        ("a|re: '^\\{\"A\":1,\"B\":\\[2\\]\\}$'", vec![json!({"B": [2], "A": 1})], vec![]),
        // Encoding.
        ("a|base64: foobar", vec![json!("Zm9vYmFy")], vec![json!("foobar"), json!("xZm9vYmFy")]),
        ("a|base64|contains: foobar", vec![json!("xZm9vYmFyx")], vec![]),
        (
            "a|base64offset|contains: /bin/bash",
            vec![json!("L2Jpbi9iYXNo"), json!("eC9iaW4vYmFzaA=="), json!("eHgvYmluL2Jhc2g=")],
            vec![json!("/bin/bash"), json!("L2Jpbi9zaA==")],
        ),
        ("a|wide|base64: ab", vec![json!("YQBiAA==")], vec![json!("YWI=")]),
        (
            "a|utf16le|base64offset|contains: ab",
            vec![json!("YQBiAA"), json!("AGEAYgB4")],
            vec![json!("YWI=")],
        ),
        ("a|utf16be|base64: ab", vec![json!("AGEAYg==")], vec![]),
        ("a|utf16|base64: ab", vec![json!("//5hAGIA")], vec![]),
        ("a|wide: ab", vec![json!("a\0b\0")], vec![json!("ab")]),
        (
            "a|windash|contains: ' -f /x'",
            vec![json!(". -f /x"), json!(". /F -x"), json!(". \u{2013}f \u{2015}x"), json!(". \u{2014}f -x")],
            vec![json!(". f x"), json!(". _f /x")],
        ),
        // Numbers.
        (
            "a|lt: 5",
            vec![json!(4.9), json!("4"), json!([9, 1])],
            vec![json!(5), json!("x"), json!(null), json!(true)],
        ),
        ("a|lte: 5", vec![json!(5), json!(5.0)], vec![json!(5.1)]),
        ("a|gt: -1", vec![json!(0), json!("-0.5")], vec![json!(-1), json!(-2)]),
        ("a|gte: 1e3", vec![json!(1000), json!("1e3")], vec![json!(999)]),
        // Dates.
        (
            "a|minute: 59",
            vec![json!("2026-01-05T03:59:00Z"), json!("2026-01-05 03:59:01")],
            vec![json!("59"), json!(59)],
        ),
        (
            "a|hour: 3",
            vec![json!("2026-01-05T03:59:00Z"), json!("2026-01-05T05:59:00+02:00")],
            vec![json!("x")],
        ),
        (
            "a|hour|gte: 22",
            vec![json!("2026-01-05T23:00:00Z")],
            vec![json!("2026-01-05T03:00:00Z"), json!("23")],
        ),
        (
            "a|day: [5, 6]",
            vec![json!("2026-01-05T03:59:00.123Z"), json!(1_767_600_000)],
            vec![json!("2026-01-07T00:00:00Z")],
        ),
        (
            "a|week: 1",
            vec![json!("2025-12-29T00:00:00Z"), json!("2026-01-04T23:59:59Z")],
            vec![json!("2026-01-05T00:00:00Z")],
        ),
        ("a|month: 1", vec![json!(1_767_600_000_000_i64)], vec![json!("2026-02-01T00:00:00Z")]),
        ("a|year: 2026", vec![json!("2026-01-05T03:59:00Z")], vec![json!("2026"), json!(1e300)]),
        // Addresses.
        (
            "a|cidr: 10.0.0.0/8",
            vec![json!("10.1.2.3"), json!("::ffff:10.1.2.3"), json!(["x", "10.0.0.1"])],
            vec![json!("11.0.0.1"), json!("10"), json!("ec2.amazonaws.com")],
        ),
        (
            "a|cidr: [10.0.0.0/8, 'fc00::/7']",
            vec![json!("fd00::1"), json!("10.0.0.1")],
            vec![json!("fe80::1")],
        ),
        ("a|cidr|neq: 10.0.0.0/8", vec![json!("11.0.0.1"), json!("x")], vec![json!("10.0.0.1")]),
    ] {
        check_item(item, &matching, &others);
    }
    for (item, matching, others) in [
        ("a|fieldref: b.c", json!({"a": "x", "b": {"c": ["y", "X"]}}), json!({"a": "x", "b": {"c": "y"}})),
        ("a|fieldref: b", json!({"a": 1, "b": "1"}), json!({"a": null, "b": null})),
        ("a|fieldref: b", json!({"a": ["x", "y"], "b": "Y"}), json!({"a": "x"})),
        ("a|fieldref|cased: b", json!({"a": "X", "b": "X"}), json!({"a": "X", "b": "x"})),
        ("a|fieldref|startswith: b", json!({"a": "xy", "b": "X"}), json!({"a": "yx", "b": "x"})),
        ("a|fieldref|endswith: b", json!({"a": "yx", "b": "x"}), json!({"a": "xy", "b": "x"})),
        ("a|fieldref|contains: b", json!({"a": "yxy", "b": "x"}), json!({"a": "y", "b": "x"})),
        ("a|fieldref|neq: b", json!({"a": "y", "b": "x"}), json!({"a": "x", "b": "X"})),
        // How a path finds its values.
        ("a.b.c: 1", json!({"a": [{"b": {"c": 2}}, {"b": {"c": 1}}]}), json!({"a": {"b": 1}})),
        ("a.b: 1", json!({"a.b": 1}), json!({"a": 1, "b": 1})),
        ("x.a.b: 1", json!({"x": {"a.b": 1}}), json!({"x.a": {"b": 1}})),
        ("a.Effect: Allow", json!({"a": "{\"Effect\":\"Allow\"}"}), json!({"a": "Effect: Allow"})),
        ("a.b.c: x", json!({"a": "[{\"b\": \"{\\\"c\\\": \\\"x\\\"}\"}]"}), json!({"a": "{\"b\":"})),
    ] {
        check(&of_item(item), &[matching], &[others]);
    }
}

#[test]
fn keywords() {
    let event = json!({"a": {"b": ["An EVILSERVICE here", 4625]}, "key": "C:\\x\\y"});
    for (selection, expected) in [
        ("[EvilService, nothing]", true),
        ("[nothing]", false),
        ("evilservice", true),
        ("[an*here]", true),
        ("['ev?lservice']", true),
        ("[here*an]", false),
        ("[4625]", true),
        ("[key]", false),
        ("['c:\\x']", true),
        ("{'|all': [evil, 4625]}", true),
        ("{'|all': [evil, nothing]}", false),
        ("{'|contains|cased': [Evil, EVIL]}", true),
        ("{'|cased': [Evil, evil]}", false),
        ("{'|re': '^An.*e$'}", true),
        ("{'|re': '^EVIL'}", false),
        ("[nothing, {key: 'c:*'}]", true),
        ("[nothing, {key: 'd:*'}]", false),
    ] {
        let detection = format!("  sel: {selection}\n  condition: sel");
        assert_eq!(is_match(&detection, &event), expected, "{selection}");
    }
}

#[test]
fn conditions() {
    let selections = "  sel_a: {a: 1}\n  sel_b: {b: 1}\n  other: [{c: 1}, {d: 1, e: 1}]\n  _hidden: {z: 1}\n";
    for (condition, event, expected) in [
        ("sel_a and sel_b", json!({"a": 1}), false),
        ("sel_a or sel_b and other", json!({"a": 1}), true),
        ("(sel_a or sel_b) and other", json!({"a": 1}), false),
        ("not sel_a and sel_b", json!({"b": 1}), true),
        ("not (sel_a and sel_b)", json!({"b": 1}), true),
        ("not not sel_a", json!({"a": 1}), true),
        ("1 of sel_*", json!({"b": 1}), true),
        ("any of sel_*", json!({"b": 1}), true),
        ("all of sel_*", json!({"b": 1}), false),
        ("all of sel_* and not other", json!({"a": 1, "b": 1}), true),
        ("sel_a and not 1 of sel_b*", json!({"a": 1, "b": 1}), false),
        ("1 of *a", json!({"a": 1}), true),
        ("1 of sel_a", json!({"a": 1}), true),
        ("1 of _hid*", json!({"z": 1}), true),
        ("1 of them", json!({"z": 1}), false),
        ("1 of them", json!({"c": 1}), true),
        ("all of them", json!({"a": 1, "b": 1, "c": 1}), true),
        ("other", json!({"d": 1}), false),
        ("other", json!({"d": 1, "e": 1}), true),
        ("[sel_a, sel_b]", json!({"b": 1}), true),
        ("[sel_a, sel_b]", json!({"c": 1}), false),
        ("sel_a AND NOT sel_b", json!({"a": 1}), true),
        ("((sel_a)or(sel_b))", json!({"a": 1}), true),
    ] {
        let detection = format!("{selections}  condition: {condition}");
        assert_eq!(is_match(&detection, &event), expected, "{condition} {event}");
    }
}
