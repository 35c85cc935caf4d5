//! The Lambda function `list-effective-permissions`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::decisions::effective::ENDPOINT)
}
