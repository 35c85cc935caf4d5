use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{from_str, to_string};

fn read(text: &str) -> Value {
    from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The field and the fault of a text that is no JSV.
fn fault(text: &str) -> (String, String) {
    let error = from_str::<Value>(text).expect_err(text);
    (error.field(), error.to_string())
}

#[test]
fn a_text_has_quotes_only_when_it_needs_them() {
    for (text, written) in [
        ("Max", "Max"),
        ("Hello World!", "Hello World!"),
        ("8", "8"),
        ("Ünï", "Ünï"),
        ("a'b\\c", "a'b\\c"),
        ("", "\"\""),
        ("null", "\"null\""),
        ("Me, Junior", "\"Me, Junior\""),
        ("2\" x 1\"", "\"2\"\" x 1\"\"\""),
        ("\"", "\"\"\"\""),
        ("a:b", "\"a:b\""),
        ("{", "\"{\""),
        ("]", "\"]\""),
        (" a", "\" a\""),
        ("a\t", "\"a\t\""),
        ("a\nb", "\"a\nb\""),
    ] {
        assert_eq!(to_string(text).unwrap(), written);
        assert_eq!(from_str::<String>(written).unwrap(), text);
    }
}

#[test]
fn values_are_written_as_servicestack_writes_them() {
    let written = |value: &dyn erased::Any| value.jsv();
    assert_eq!(written(&true), "True");
    assert_eq!(written(&vec![1, 2, 3]), "[1,2,3]");
    assert_eq!(written(&-1.5), "-1.5");
    assert_eq!(written(&BTreeMap::from([("A", 1), ("B", 2)])), "{A:1,B:2}");
    assert_eq!(written(&BTreeMap::from([("a:b", 1)])), "{\"a:b\":1}");
    assert_eq!(written(&BTreeMap::from([(1, "x")])), "{1:x}");
    assert_eq!(written(&vec![Some("a"), None]), "[a,null]");
    // Absent values are left out.
    assert_eq!(
        written(&BTreeMap::from([
            ("a", None),
            ("b", Some(1)),
            ("c", None),
            ("d", Some(2))
        ])),
        "{b:1,d:2}"
    );
    assert!(to_string(&f64::NAN).is_err() && to_string(&f32::INFINITY).is_err());
    assert!(to_string(&BTreeMap::from([(vec![1], 1)])).is_err());
}

/// A function, so that values of many types can be in one list of calls.
mod erased {
    pub(super) trait Any {
        fn jsv(&self) -> String;
    }

    impl<T: serde::Serialize> Any for T {
        fn jsv(&self) -> String {
            super::to_string(self).unwrap()
        }
    }
}

#[test]
fn what_is_not_known_is_texts_lists_and_maps() {
    assert_eq!(
        read("{a:1,b:[x,\"y, z\",{c:True}],d:,e:null,f:\"null\",g:\"\",h:[],i:{}}"),
        json!({
            "a": "1", "b": ["x", "y, z", {"c": "True"}], "d": null, "e": null, "f": "null",
            "g": "", "h": [], "i": {}
        })
    );
    assert_eq!(
        read(" {\n\ta : hello  world ,\r\n\t\"b\" : [ 1 , 2 ]\n} "),
        json!({"a": "hello  world", "b": ["1", "2"]})
    );
    // ServiceStack itself writes times without quotes.
    assert_eq!(
        read("{at:2026-01-31T07:00:00Z,for:08:00:00}"),
        json!({"at": "2026-01-31T07:00:00Z", "for": "08:00:00"})
    );
    assert_eq!(read("[1,,2]"), json!(["1", null, "2"]));
    assert_eq!(read("{\"a\":\"b\"}"), json!({"a": "b"}));
    assert_eq!((read(""), read(" null ")), (json!(null), json!(null)));
}

#[test]
fn a_text_is_read_as_what_is_asked_for() {
    assert_eq!(
        from_str::<(u8, i64, f64, bool, bool)>("[8,-1,1e3,TRUE,false]").unwrap(),
        (8, -1, 1000.0, true, false)
    );
    assert_eq!(
        from_str::<Vec<Option<u8>>>("[1,null,,\"2\"]").unwrap(),
        [Some(1), None, None, Some(2)]
    );
    assert_eq!(
        from_str::<BTreeMap<u8, bool>>("{1:True,2:False}").unwrap(),
        BTreeMap::from([(1, true), (2, false)])
    );
    for text in [
        "256", "-1", "+1", "1.0", "0x1", "one", "", "null", "[1]", "{}",
    ] {
        assert!(from_str::<u8>(text).is_err(), "{text}");
    }
    for text in ["inf", "NaN", "1e999", "+1"] {
        assert!(from_str::<f64>(text).is_err(), "{text}");
    }
    assert!(from_str::<bool>("1").is_err() && from_str::<(u8, u8)>("[1,2,3]").is_err());
    assert!(from_str::<String>("").is_err());
}

#[test]
fn what_could_lose_data_is_a_fault_that_says_where() {
    for (text, field, message) in [
        (
            "{a:1,b:{c:2,c:3}}",
            "b.c",
            "this key is given twice at line 1 column 13",
        ),
        (
            "{a:1} x",
            "",
            "expected the end, got `x` at line 1 column 7",
        ),
        ("a,b", "", "expected the end, got `,` at line 1 column 2"),
        (
            "{a:[1,\n \"x]}",
            "a[1]",
            "this text has no closing quote at line 2 column 2",
        ),
        (
            "{a:\"x\"y}",
            "",
            "expected `,` or `}`, got `y` at line 1 column 7",
        ),
        (
            "{a:x{y}}",
            "a",
            "a text with quotes or brackets must stand in quotes at line 1 column 5",
        ),
        (
            "{a:2\" x}",
            "a",
            "a text with quotes or brackets must stand in quotes at line 1 column 5",
        ),
        (
            "[1,2",
            "",
            "expected `,` or `]`, got the end at line 1 column 5",
        ),
        ("[1}", "", "expected `,` or `]`, got `}` at line 1 column 3"),
        ("{a:1,}", "", "expected a key, got `}` at line 1 column 6"),
        ("{a}", "", "expected `:`, got `}` at line 1 column 3"),
        ("{\"a\" 1}", "a", "expected `:`, got `1` at line 1 column 6"),
        ("{:1}", "", "expected a key, got `:` at line 1 column 2"),
    ] {
        assert_eq!(
            fault(text),
            (field.to_owned(), message.to_owned()),
            "{text}"
        );
    }
}

#[test]
fn depth_has_a_limit() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(from_str::<IgnoredAny>(&nested(super::MAX_DEPTH)).is_ok());
    assert!(from_str::<IgnoredAny>(&nested(super::MAX_DEPTH + 1)).is_err());
    for text in [
        "[".repeat(1 << 20),
        "{a:".repeat(1 << 20),
        "{a:[".repeat(1 << 20),
    ] {
        assert!(from_str::<IgnoredAny>(&text).is_err());
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thing {
    name: String,
    #[serde(default)]
    label: Option<String>,
    count: u32,
    offset: i64,
    share: f64,
    #[serde(default)]
    open: Option<bool>,
    sign: char,
    tags: Vec<String>,
    maybe: Vec<Option<i32>>,
    words: BTreeMap<String, String>,
    kind: Kind,
    #[serde(default)]
    inner: Option<Box<Thing>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Kind {
    Plain,
    #[serde(rename = "With, comma")]
    Odd,
    One(String),
    Two(u8, String),
    Named {
        a: Option<bool>,
        b: Vec<Kind>,
    },
}

#[test]
fn a_field_that_is_not_what_was_asked_for_is_named() {
    let error = from_str::<Thing>("{name:a,count:1,offset:1,share:1,sign:x,maybe:[1,two]}");
    let error = error.unwrap_err();
    assert_eq!(error.field(), "maybe[1]");
    assert!(
        error
            .to_string()
            .starts_with("invalid value: string \"two\", expected i32"),
        "{error}"
    );
    let error = from_str::<Thing>("{kind:{Three:1}}").unwrap_err();
    assert_eq!(error.field(), "kind");
    // Fields that nobody reads are skipped whole.
    #[derive(Debug, Deserialize)]
    struct Known {
        a: u8,
    }
    let known = "{x:[{y:\"}\"},[1,{}]],a:7,z:{w:[\"]\"]}}";
    assert_eq!(from_str::<Known>(known).unwrap().a, 7);
}

/// Texts that are made of what has a meaning.
fn hostile() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "\"", "\"\"", ",", ":", "{", "}", "[", "]", " ", "\t", "\n", "\r", "null", "True", "1",
        "a", "ü", "\u{a0}", "\u{2028}", "\\", "'", "\u{0}", "\u{feff}", "😀",
    ]);
    prop_oneof![
        prop::collection::vec(parts, 0..6).prop_map(|parts| parts.concat()),
        prop::collection::vec(any::<char>(), 0..8).prop_map(String::from_iter),
    ]
}

fn kind() -> impl Strategy<Value = Kind> {
    let leaf = prop_oneof![
        Just(Kind::Plain),
        Just(Kind::Odd),
        hostile().prop_map(Kind::One),
        (any::<u8>(), hostile()).prop_map(|(a, b)| Kind::Two(a, b)),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        (any::<Option<bool>>(), prop::collection::vec(inner, 0..3))
            .prop_map(|(a, b)| Kind::Named { a, b })
    })
}

fn thing() -> impl Strategy<Value = Thing> {
    let leaf = (
        (
            hostile(),
            prop::option::of(hostile()),
            any::<u32>(),
            any::<i64>(),
        ),
        (-1e300..1e300f64, any::<Option<bool>>(), any::<char>()),
        (
            prop::collection::vec(hostile(), 0..4),
            prop::collection::vec(any::<Option<i32>>(), 0..4),
            prop::collection::btree_map(hostile(), hostile(), 0..4),
            kind(),
        ),
    );
    let leaf = leaf.prop_map(
        |((name, label, count, offset), (share, open, sign), (tags, maybe, words, kind))| Thing {
            name,
            label,
            count,
            offset,
            share,
            open,
            sign,
            tags,
            maybe,
            words,
            kind,
            inner: None,
        },
    );
    leaf.prop_recursive(3, 4, 1, |inner| {
        (inner.clone(), inner).prop_map(|(outer, inner)| Thing {
            inner: Some(Box::new(inner)),
            ..outer
        })
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(thing in thing()) {
        let written = to_string(&thing).unwrap();
        prop_assert_eq!(from_str::<Thing>(&written).expect(&written), thing);
    }

    #[test]
    fn nothing_that_is_read_panics(text in hostile()) {
        let _ = from_str::<Thing>(&text);
        if let Ok(value) = from_str::<Value>(&text) {
            let written = to_string(&value).unwrap();
            // Maps lose what is absent in them, so the second time is the first to compare.
            let again: Value = from_str(&written).unwrap();
            prop_assert_eq!(to_string(&again).unwrap(), written);
        }
    }
}
