//! The Lambda function `list-devices`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::devices::list::ENDPOINT)
}
