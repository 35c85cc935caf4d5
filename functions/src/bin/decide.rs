//! The Lambda function `decide`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::decisions::decide::ENDPOINT)
}
