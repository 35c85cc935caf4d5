//! The Lambda function `create-space`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::spaces::create::ENDPOINT)
}
