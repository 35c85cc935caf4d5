//! The input of an operation.

use std::collections::HashSet;

use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::Format;
use crate::error::{Error, Fault, FaultCode, Result};
use crate::wire::json::{self, Document, Faults, Fields};
use crate::wire::{Request, request};

/// Fields that ServiceStack's own clients add to any request.
const OWN_FIELDS: [&str; 2] = ["version", "meta"];
/// Parameters that they add to any query.
const OWN_PARAMETERS: [&str; 3] = ["format", "callback", "jsconfig"];
/// The part of the query that leads to the next page.
const KEPT: [&str; 1] = ["format"];

/// The fields of a request, from its body and its query. They are found by their names
/// without regard to case.
///
/// A field of the query takes precedence over one of the body; a parameter without a value is
/// treated as left out. A parameter is a text, which can be read as a list separated by commas.
/// If it begins with a bracket and is JSV, it is that list or object, as ServiceStack's clients
/// write them in a URL.
#[derive(Debug)]
pub struct Input {
    fields: Document,
    /// The same, with names in lower case.
    folded: Value,
    /// Names that are known whatever the operation.
    own: Vec<&'static str>,
}

impl Input {
    /// The fields of `request`. An empty body has none, whatever it claims to be.
    ///
    /// # Errors
    /// 413 for more than [`request::MAX_BODY`], 415 for another content type, 400 for what
    /// cannot be parsed and for names that are given twice, in whatever case.
    pub fn of(request: &Request) -> Result<Self> {
        if request.body.len() > request::MAX_BODY {
            return Err(Error::BodyTooLarge);
        }
        let mut faults = Vec::new();
        let mut fields = match body(request)? {
            Ok(Value::Object(fields)) => fields,
            Ok(Value::Null) => Map::new(),
            Ok(_) => {
                let message = "expected an object";
                faults.push(Fault::new("", FaultCode::WrongType, message));
                Map::new()
            }
            Err(found) => {
                faults = found;
                Map::new()
            }
        };
        // ServiceStack's client for JavaScript writes a field that is null as `?name`.
        let query = request.query.iter();
        let (given, empty): (Vec<_>, Vec<_>) = query.partition(|(_, value)| !value.is_empty());
        match pairs(given.iter().map(|(name, value)| (&**name, &**value))) {
            Ok(query) => {
                fields.retain(|name, _| json::get_in_any_case(&query, name).is_none());
                fields.extend(query);
            }
            Err(found) => faults.extend(found),
        }
        for (name, _) in empty {
            if json::get_in_any_case(&fields, name).is_none() {
                fields.insert(name.clone(), Value::Null);
            }
        }
        if !faults.is_empty() {
            return Err(faults.into());
        }
        let has = |own: &&str| {
            let mut names = request.query.iter();
            names.any(|(name, _)| name.eq_ignore_ascii_case(own))
        };
        let own = OWN_PARAMETERS.into_iter().filter(has);
        let fields = Value::Object(fields);
        Ok(Self {
            folded: folded(&fields),
            fields: Document::new(fields, request.handling.clone()),
            own: OWN_FIELDS.into_iter().chain(own).collect(),
        })
    }

    /// Reads the fields with `read`.
    ///
    /// # Errors
    /// 400 with every fault that was found.
    pub fn read<T>(&self, read: impl FnOnce(&Fields<'_>) -> Option<T>) -> Result<T> {
        let faults = Faults::default();
        let value = Fields::in_any_case((&self.fields).into(), &faults).and_then(|fields| {
            fields.know(&self.own);
            read(&fields)
        });
        faults.or(value).map_err(Error::from)
    }

    /// All of it, with names in small letters.
    pub fn value(&self) -> &Value {
        &self.folded
    }

    /// Puts its fields into the query of `request`, so that a list reads them wherever they
    /// were. The fields in `names` get these names; others keep theirs, by which they are
    /// refused.
    pub fn become_query(&self, request: &mut Request, names: &[&str]) {
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Null => None,
            // No parameter reads this: it says what is wrong.
            list @ (Value::Array(_) | Value::Object(_)) => Some(list.to_string()),
        };
        let fields = self.fields.as_object().into_iter().flatten();
        let fields = fields.filter_map(|(given, value)| {
            let is = |name: &&&str| name.eq_ignore_ascii_case(given);
            let kept = KEPT.iter().find(is);
            if kept.is_none() && self.own.iter().any(|own| is(&own)) {
                return None;
            }
            let known = names.iter().find(is).or(kept);
            // One that is unknown is refused whatever it says.
            let text = text(value).or(known.is_none().then(String::new))?;
            Some((known.copied().unwrap_or(given).to_owned(), text))
        });
        request.query = fields.collect();
        request.query.sort();
        request.known = &KEPT;
    }
}

/// A value with the names in it in small letters.
fn folded(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(folded).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), folded(value)))
            .collect(),
        other => other.clone(),
    }
}

/// The tree of the body, or its faults.
///
/// # Errors
/// 415.
fn body(request: &Request) -> Result<Result<Value, Vec<Fault>>> {
    let body = request.body.trim_ascii();
    if body.is_empty() {
        return Ok(Ok(Value::Null));
    }
    let format = match Format::of_request_path(request) {
        Some(format) => format,
        None => match media_type(request) {
            None => Format::Json,
            // curl and many HTTP libraries say so of any body unless told otherwise.
            Some(form) if form == "application/x-www-form-urlencoded" => {
                if !body.starts_with(b"{") {
                    return Ok(form_fields(body));
                }
                Format::Json
            }
            // `fetch` sets this type for a text by default. ServiceStack's client for
            // JavaScript leaves it, because a browser would otherwise send a preflight.
            Some(text) if text == "text/plain" => Format::Json,
            Some(name) => Format::of_media_type(&name).ok_or(Error::UnsupportedMediaType)?,
        },
    };
    Ok(match format {
        Format::Json => json::parse_any_case(&request.body),
        Format::Jsv => json::parse_jsv(&request.body),
    })
}

fn media_type(request: &Request) -> Option<String> {
    let name = request.media_type().filter(|name| !name.is_empty());
    name.filter(|_| request.headers.contains_key(CONTENT_TYPE))
}

fn form_fields(body: &[u8]) -> Result<Value, Vec<Fault>> {
    let form: Vec<_> = form_urlencoded::parse(body).collect();
    pairs(form.iter().map(|(name, value)| (&**name, &**value))).map(Value::Object)
}

/// The fields that names with texts are.
fn pairs<'p>(
    pairs: impl Iterator<Item = (&'p str, &'p str)>,
) -> Result<Map<String, Value>, Vec<Fault>> {
    let (mut fields, mut faults) = (Map::new(), Vec::new());
    let mut seen = HashSet::new();
    for (name, text) in pairs {
        let value = match text.trim_start().starts_with(['[', '{']) {
            true => json::parse_jsv(text.as_bytes()).unwrap_or_else(|_| text.into()),
            false => text.into(),
        };
        if text.contains(char::REPLACEMENT_CHARACTER) {
            faults.push(Fault::new(name, FaultCode::Malformed, "not valid UTF-8"));
        }
        fields.insert(name.to_owned(), value);
        if !seen.insert(name.to_ascii_lowercase()) {
            let message = "this field is given twice";
            faults.push(Fault::new(name, FaultCode::DuplicateKey, message));
        }
    }
    if faults.is_empty() {
        Ok(fields)
    } else {
        Err(faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::service::types::{Flag, Guid, Moment, Number, TimeSpan, Words};

    fn request(content_type: Option<&str>, body: &str, query: &[(&str, &str)]) -> Request {
        let mut request = Request {
            url: "https://api.example/BusinessUserAccess".to_owned(),
            body: body.as_bytes().to_vec(),
            query: query
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Request::default()
        };
        if let Some(name) = content_type {
            request.headers.insert(CONTENT_TYPE, name.parse().unwrap());
        }
        request
    }

    #[derive(Debug, PartialEq)]
    struct Access {
        template: String,
        user: Option<u32>,
        label: Option<Words>,
        permission: Option<Vec<Words>>,
        from: i64,
        spaces: Vec<(String, i64, Option<bool>)>,
    }

    fn read(request: &Request) -> Result<Access> {
        Input::of(request)?.read(|fields| {
            fields.has("accessCodeInitializationStrategy");
            fields.has("validTo");
            let spaces = fields.objects("spaces", 9).unwrap_or_default();
            let spaces = spaces.iter().map(|space| {
                space.has("accessCount");
                space.has("toHour");
                Some((
                    space.required::<Guid>("thingId")?.to_string(),
                    chrono::TimeDelta::from(space.required::<TimeSpan>("fromHour")?).num_seconds(),
                    space.optional::<Flag>("exclusive").map(bool::from),
                ))
            });
            Some(Access {
                template: fields.required::<Guid>("accessTemplateId")?.to_string(),
                user: fields
                    .optional::<Number<1, 9>>("businessUserId")
                    .map(u32::from),
                label: fields.optional("label"),
                permission: fields.list("permission", 9),
                from: fields.required::<Moment>("validFrom")?.0.timestamp_millis(),
                spaces: spaces.collect::<Option<_>>()?,
            })
        })
    }

    const GUID: &str = "0192a5b07c0070008000000000000001";

    /// The published request, its placeholders replaced.
    const JSV: &str = "{\n\taccessTemplateId: 0192a5b07c0070008000000000000001,\n\tbusinessUserId: 2,\n\taccessCodeInitializationStrategy: 0,\n\tpermission: \n\t[\n\t\tString\n\t],\n\tvalidFrom: -62135596800000,\n\tvalidTo: -62135596800000,\n\tlabel: String,\n\tspaces: \n\t[\n\t\t{\n\t\t\tthingId: 0192a5b07c0070008000000000000001,\n\t\t\taccessCount: 0,\n\t\t\tfromHour: PT8H,\n\t\t\ttoHour: PT0S,\n\t\t\texclusive: False\n\t\t}\n\t],\n\tversion: 0\n}";

    fn access() -> Access {
        Access {
            template: GUID.to_owned(),
            user: Some(2),
            label: Some(Words("String".to_owned())),
            permission: Some(vec![Words("String".to_owned())]),
            from: -62_135_596_800_000,
            spaces: vec![(GUID.to_owned(), 8 * 3600, Some(false))],
        }
    }

    #[test]
    fn one_request_is_read_from_either_format_from_a_form_and_from_a_query() {
        let jsv = request(Some("text/jsv"), JSV, &[]);
        assert_eq!(read(&jsv).unwrap(), access());
        let json = format!(
            r#"{{"AccessTemplateId": "{{{GUID}}}", "businessuserid": 2, "Permission": ["String"],
               "validFrom": "/Date(-62135596800000)/", "Label": "String", "meta": {{"A": 1, "a": null}},
               "Spaces": [{{"ThingId": "{GUID}", "FromHour": "08:00:00", "Exclusive": false}}]}}"#
        );
        // A key twice in any case is a fault, also where nobody looks.
        let faults = read(&request(None, &json, &[])).unwrap_err();
        assert!(faults.to_string().contains("meta.a"), "{faults}");
        let json = json.replace(r#""a": null"#, r#""b": null"#);
        assert_eq!(read(&request(None, &json, &[])).unwrap(), access());
        let query = [
            ("AccessTemplateId", GUID),
            ("BusinessUserId", "2"),
            ("Permission", "String"),
            ("ValidFrom", "-62135596800000"),
            ("label", "String"),
            (
                "Spaces",
                "[{ThingId:0192a5b07c0070008000000000000001,FromHour:PT8H,Exclusive:False}]",
            ),
        ];
        assert_eq!(read(&request(None, "", &query)).unwrap(), access());
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query)
            .finish();
        let name = Some("application/x-www-form-urlencoded");
        assert_eq!(read(&request(name, &form, &[])).unwrap(), access());
        assert_eq!(read(&request(name, &json, &[])).unwrap(), access());
        // The type that `fetch` sets for a text.
        let name = Some("text/plain;charset=UTF-8");
        assert_eq!(read(&request(name, &json, &[])).unwrap(), access());
        // The query takes precedence over the body, except for fields without a value.
        let other = [
            ("LABEL", "Other"),
            ("permission", "a,\"b, c\""),
            ("validFrom", ""),
        ];
        let both = read(&request(Some("application/jsv"), JSV, &other)).unwrap();
        assert_eq!(both.label, Some(Words("Other".to_owned())));
        let permission = ["a", "b, c"].map(|word| Words(word.to_owned()));
        assert_eq!(both.permission, Some(permission.to_vec()));
    }

    /// As ServiceStack.Text writes a request (`JsvTypeSerializer`, `WriteType`,
    /// `DateTimeSerializer.ToShortestXsdDateTimeString`): without a space, in PascalCase, with
    /// the type's name where it writes that, texts in quotes only for `" , : { } [ ]` and line
    /// breaks, an empty one as `""`, null left out and in a list nothing.
    #[test]
    fn what_servicestack_itself_writes_is_read() {
        let body = "{__type:\"Some.Api.CreateBusinessUserAccess, Some.Api\",\
            AccessTemplateId:0192a5b07c0070008000000000000001,BusinessUserId:2,\
            AccessCodeInitializationStrategy:Shared,\
            Permission:[a b,\"b, c\",\"say \"\"hi\"\"\",\"\",\"[x]\",it's\\n,\"a\r\nb\"],\
            ValidFrom:2027-01-31,ValidTo:2027-02-28T22:59:59.1234567Z,\
            Label:\"Room 7: {\"\"Süd\"\"}\",Spaces:[{ThingId:0192a5b0-7c00-7000-8000-000000000001,\
            FromHour:PT8H,ToHour:P1DT30M0.5S,Exclusive:True},\
            {ThingId:0192a5b07c0070008000000000000001,FromHour:PT0S}],Meta:{Tags:[],\
            Ratio:1E+16,Share:-0.5},Version:1}";
        let access = read(&request(Some("application/jsv"), body, &[])).unwrap();
        let permission = ["a b", "b, c", "say \"hi\"", "", "[x]", "it's\\n", "a\r\nb"];
        let expected = Access {
            template: GUID.to_owned(),
            user: Some(2),
            label: Some(Words("Room 7: {\"Süd\"}".to_owned())),
            permission: Some(permission.map(|word| Words(word.to_owned())).to_vec()),
            from: 1_801_353_600_000,
            spaces: vec![
                (GUID.to_owned(), 8 * 3600, Some(true)),
                (GUID.to_owned(), 0, None),
            ],
        };
        assert_eq!(access, expected);

        let from = |text: &str| {
            let body = format!("{{ValidFrom:{text},Version:1}}");
            let input = Input::of(&request(Some("text/jsv"), &body, &[])).unwrap();
            input.read(|fields| Some(fields.required::<Moment>("validFrom")?.0.timestamp_millis()))
        };
        const AT: i64 = 1_801_382_400_000;
        for (text, millis) in [
            // `DateTime` in UTC: at midnight, with whole seconds, with a fraction.
            ("2027-01-31", AT - 8 * 3_600_000),
            ("2027-01-31T08:00:00Z", AT),
            ("2027-01-31T08:00:00.5Z", AT + 500),
            ("2027-01-31T08:00:00.1234567Z", AT + 123),
            // In another time zone.
            ("2027-01-31T09:00:00+01:00", AT),
            ("2027-01-31T03:00:00.5000000-05:00", AT + 500),
            // `DateTimeOffset`.
            ("2027-01-31T09:00:00.0000000+01:00", AT),
            // `DateHandler.UnixTimeMs`, and texts with dates as JSON has them.
            ("1801382400000", AT),
            ("/Date(1801382400000)/", AT),
            ("/Date(1801382400000+0100)/", AT),
            ("/Date(1801382400000-0000)/", AT),
            ("0001-01-01", -62_135_596_800_000),
        ] {
            assert_eq!(from(text).unwrap(), millis, "{text}");
        }
        // Nothing that it writes for an instant in UTC.
        for text in ["2027-01-31T08:00:00", "2027-01-31T08:00:00.1234567"] {
            let Err(Error::InvalidInput(faults)) = from(text) else {
                panic!("{text}")
            };
            assert_eq!(faults[0].field, "validFrom", "{text}");
        }
        // A name that is null means no name.
        let body = "{Permission:[a,,b]}";
        let input = Input::of(&request(Some("text/jsv"), body, &[])).unwrap();
        let error = input.read(|fields| fields.list::<Words>("permission", 9));
        let Err(Error::InvalidInput(faults)) = error else {
            panic!("{error:?}")
        };
        assert_eq!(faults[0].field, "permission[1]");
    }

    #[test]
    fn every_fault_is_named_in_either_format() {
        for (content_type, body) in [
            (
                "text/jsv",
                "{AccessTemplateId:x,BusinessUserId:10,Permission:[a,{b:1}],Spaces:[{ThingId:1},7]}",
            ),
            (
                "application/json",
                r#"{"AccessTemplateId":"x","BusinessUserId":10,"Permission":["a",{"b":1}],"Spaces":[{"ThingId":"1"},7]}"#,
            ),
        ] {
            let request = request(Some(content_type), body, &[]);
            let input = Input::of(&request).unwrap();
            let error = input.read(|fields| {
                fields.required::<Guid>("accessTemplateId");
                fields.required::<Number<1, 9>>("businessUserId");
                fields.list::<Words>("permission", 9);
                fields.required::<Moment>("validFrom");
                for space in fields.objects("spaces", 9).unwrap_or_default() {
                    space.required::<Guid>("thingId");
                }
                Some(())
            });
            let Err(Error::InvalidInput(faults)) = error else {
                panic!("{error:?}")
            };
            let found: Vec<_> = faults
                .iter()
                .map(|fault| (fault.field.as_str(), fault.code))
                .collect();
            assert_eq!(
                found,
                [
                    ("accessTemplateId", FaultCode::InvalidValue),
                    ("businessUserId", FaultCode::OutOfRange),
                    ("permission[1]", FaultCode::WrongType),
                    ("validFrom", FaultCode::Required),
                    ("spaces[1]", FaultCode::WrongType),
                    ("spaces[0].thingId", FaultCode::InvalidValue),
                ]
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let status = |content_type: Option<&str>, body: &str, query: &[(&str, &str)]| {
            let input = Input::of(&request(content_type, body, query));
            input.err().map(|error| error.status().as_u16())
        };
        assert_eq!(status(Some("application/xml"), "{}", &[]), Some(415));
        assert_eq!(status(Some("application/xml"), " ", &[]), None);
        assert_eq!(status(Some("text/jsv"), "", &[]), None);
        assert_eq!(status(Some("text/jsv"), "{a:1", &[]), Some(400));
        assert_eq!(status(None, "[1]", &[]), Some(400));
        assert_eq!(status(None, "{a:1}", &[]), Some(400));
        assert_eq!(status(None, &" ".repeat(65_537), &[]), Some(413));
        assert_eq!(status(None, "", &[("a", "1"), ("A", "2")]), Some(400));
        let reply = |url: &str, body: &str| {
            let mut request = request(Some("application/json"), body, &[]);
            request.url = url.to_owned();
            Input::of(&request).is_ok()
        };
        assert!(reply("/jsv/reply/GetBusinessUserThings", "{a:1}"));
        assert!(!reply("/json/reply/GetBusinessUserThings", "{a:1}"));
    }

    #[test]
    fn a_fault_of_syntax_names_its_field() {
        let field = |content_type: &str, body: &str| match Input::of(&request(
            Some(content_type),
            body,
            &[],
        )) {
            Err(Error::InvalidInput(faults)) => faults[0].field.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(field("text/jsv", "{a:[{B:1,b:2}]}"), "a[0].b");
        assert_eq!(field("text/jsv", "{a:[{B:1,B:2}]}"), "a[0].B");
        assert_eq!(field("text/jsv", "{a:[x\"]}"), "a[0]");
        assert_eq!(field("text/jsv", "{a:\u{FFFD}}"), "a");
        assert_eq!(field("application/json", "{\"a\":[}"), "a[0]");
    }

    #[test]
    fn what_nobody_asks_for_is_refused_with_its_path_and_the_nearest_name() {
        let unknown = |content_type: &str, body: &str, query: &[(&str, &str)]| {
            let Err(Error::InvalidInput(faults)) = read(&request(Some(content_type), body, query))
            else {
                panic!("{body}")
            };
            let faults = faults.into_iter().map(|fault| {
                assert_eq!(fault.code, FaultCode::UnknownField, "{fault:?}");
                (fault.field, fault.message)
            });
            faults.collect::<Vec<_>>()
        };
        let near = |path: &str, name: &str| {
            let message = format!("unknown field; did you mean \"{name}\"?");
            vec![(path.to_owned(), message)]
        };
        let jsv = JSV.replace("exclusive:", "Exclusiv:");
        let expected = near("spaces[0].Exclusiv", "exclusive");
        assert_eq!(unknown("text/jsv", &jsv, &[]), expected);
        let json = format!(
            r#"{{"AccessTemplateId": "{GUID}", "ValidFrom": 0, "Labels": null, "spaces": []}}"#
        );
        let expected = near("Labels", "label");
        assert_eq!(unknown("application/json", &json, &[]), expected);
        let expected = near("lable", "label");
        for value in ["x", ""] {
            assert_eq!(unknown("text/jsv", JSV, &[("lable", value)]), expected);
        }
        // These are ServiceStack's own, the last three in a query alone.
        let json = json.replace("Labels", "__type");
        let own = json
            .replace("__type", "META")
            .replacen('{', "{\"Version\": 1, ", 1);
        let query = [("Format", "json"), ("callback", "cb"), ("jsconfig", "x")];
        assert!(read(&request(None, &json, &[])).is_ok());
        assert!(read(&request(None, &own, &query)).is_ok());
        let expected = ["unknown field", "jsconfig"];
        let found = unknown("application/json", &json.replace("__type", "jsconfig"), &[]);
        assert!(found[0].1.starts_with(expected[0]) && found[0].0 == expected[1]);
    }

    #[test]
    fn a_lenient_request_ignores_what_is_unknown_and_says_so() {
        let mut request = request(Some("text/jsv"), JSV, &[("lable", "x")]);
        let prefer = "handling=lenient".parse().unwrap();
        request.headers.insert(crate::wire::unknown::PREFER, prefer);
        request.handling = crate::wire::unknown::Handling::of(&request.headers);
        assert_eq!(read(&request).unwrap(), access());
        let ignored = request.handling.ignored();
        assert_eq!(ignored.len(), 1);
        assert_eq!(ignored[0].field, "lable");
    }

    #[test]
    fn a_list_reads_its_query_wherever_it_stands() {
        let body = "{OrganizationId:7,Size:\"5\",Other:1}";
        let request = request(Some("text/jsv"), body, &[("CURSOR", "x")]);
        let mut asked = request.head();
        let input = Input::of(&request).unwrap();
        input.become_query(&mut asked, &["organizationId", "size", "cursor"]);
        let expected = [
            ("Other", "1"),
            ("cursor", "x"),
            ("organizationId", "7"),
            ("size", "5"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(asked.query, expected);
    }
}
