//! The Lambda function `list-shares`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::shares::list::ENDPOINT)
}
