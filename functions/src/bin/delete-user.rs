//! The Lambda function `delete-user`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::users::delete::ENDPOINT)
}
