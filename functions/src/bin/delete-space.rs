//! The Lambda function `delete-space`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::spaces::delete::ENDPOINT)
}
