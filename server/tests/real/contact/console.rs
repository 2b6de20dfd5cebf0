//! The console as a browser without script sees it.

use std::collections::BTreeMap;

use crate::exchange::world::ExchangePair;
use crate::harness::{Server, stderr};

pub const PASSWORD: &str = "seven green lamps hum";

/// Somebody who is signed in; signs in anew at every start of the server, whose clock was moved.
pub struct Console {
    url: String,
    cookies: BTreeMap<String, String>,
}

impl Console {
    /// Makes the account.
    pub fn of(world: &ExchangePair) -> Self {
        let added =
            world.cli_with(&["user", "add", "ann", "--role", "administrator", "--password-stdin"], PASSWORD.as_bytes());
        assert_eq!(added.status.code(), Some(0), "{}", stderr(&added));
        Self { url: String::new(), cookies: BTreeMap::new() }
    }

    /// The HTML of a page.
    pub fn page(&mut self, server: &Server, path: &str) -> String {
        self.sign_in(server);
        let (status, page) = self.ask("GET", path, "");
        assert_eq!(status, 200, "{page}");
        page
    }

    /// Keeps the session at the address of a new start.
    pub fn stay(&mut self, server: &Server) {
        self.url.clone_from(&server.url);
    }

    /// Sends a form: status and HTML of the answer.
    pub fn send(&mut self, server: &Server, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        self.sign_in(server);
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.ask("POST", path, &form)
    }

    fn sign_in(&mut self, server: &Server) {
        if self.url != server.url {
            self.url.clone_from(&server.url);
            self.cookies.clear();
            let form = format!("name=ann&password={}&next=%2F", PASSWORD.replace(' ', "+"));
            let signed_in = self.ask("POST", "/login", &form);
            assert_eq!(signed_in.0, 303, "{}", signed_in.1);
        }
    }

    fn ask(&mut self, method: &str, path: &str, form: &str) -> (u16, String) {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None).build().into();
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        let answer = if form.is_empty() {
            agent.run(request.body(()).unwrap())
        } else {
            agent
                .run(request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned()).unwrap())
        };
        let mut answer = answer.unwrap();
        for set in answer.headers().get_all("set-cookie") {
            let (name, rest) = set.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }
}
