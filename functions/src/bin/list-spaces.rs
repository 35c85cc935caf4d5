//! The Lambda function `list-spaces`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::spaces::list::ENDPOINT)
}
