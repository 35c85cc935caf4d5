//! The Lambda function `list-key-codes`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::accesses::key_codes::ENDPOINT)
}
