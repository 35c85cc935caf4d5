//! The Lambda function `list-oauth-clients`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::oauth::clients::list::ENDPOINT)
}
