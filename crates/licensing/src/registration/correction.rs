//! A correction of a registration: what differs, what a node has to say about it, and how the audit log tells it.

use serde::{Deserialize, Serialize};

use super::{AuthString, LONGEST_CUSTOMER, Registration};
use crate::{context::Context, guid::Guid, plain_text::breaks_a_line, words::list};

/// A value of a registration that can be corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistrationField {
    /// The GUID.
    Guid,
    /// The auth string.
    Auth,
    /// The context.
    Context,
    /// The customer's name.
    Customer,
}

/// A registration as it is, or as it shall be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Correction {
    /// The server's identity; none before it is registered.
    pub guid: Option<Guid>,
    /// `None` keeps the saved one.
    pub auth: Option<AuthString>,
    /// `None`: the licenses tell it.
    pub context: Option<Context>,
    /// The customer's name.
    pub customer: Option<String>,
}

impl Correction {
    /// From typed values; auth string, context and customer may be empty.
    ///
    /// # Errors
    /// Every field that is wrong, with what to do.
    pub fn typed(
        guid: &str,
        auth: &str,
        context: &str,
        customer: &str,
    ) -> Result<Correction, Vec<(RegistrationField, String)>> {
        let mut wrong = Vec::new();
        let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let guid = Guid::parse(guid).map_err(|error| wrong.push((RegistrationField::Guid, error.to_string()))).ok();
        let auth = filled(auth).map(|auth| auth.parse::<AuthString>()).transpose();
        let auth = auth.map_err(|error| wrong.push((RegistrationField::Auth, error.to_string()))).unwrap_or_default();
        let context = filled(context).map(|context| context.parse::<Context>()).transpose();
        let context =
            context.map_err(|error| wrong.push((RegistrationField::Context, error.to_string()))).unwrap_or_default();
        let customer = filled(customer);
        if customer
            .as_ref()
            .is_some_and(|name| name.chars().count() > LONGEST_CUSTOMER || name.chars().any(breaks_a_line))
        {
            let sentence = format!("Enter a name of up to {LONGEST_CUSTOMER} characters, on one line.");
            wrong.push((RegistrationField::Customer, sentence));
        }
        if wrong.is_empty() { Ok(Correction { guid, auth, context, customer }) } else { Err(wrong) }
    }

    /// What differs from the registration before, in their order.
    #[must_use]
    pub fn fields(&self, before: &Correction) -> Vec<RegistrationField> {
        let differs = [
            (RegistrationField::Guid, self.guid != before.guid),
            (RegistrationField::Context, self.context != before.context),
            (RegistrationField::Customer, self.customer != before.customer),
            (RegistrationField::Auth, self.auth.is_some() && self.auth != before.auth),
        ];
        differs.into_iter().filter_map(|(field, differs)| differs.then_some(field)).collect()
    }

    /// Whether a node has something to say about it: the customer's name is only kept here.
    #[must_use]
    pub fn concerns_nodes(&self, before: &Correction) -> bool {
        self.fields(before).iter().any(|field| *field != RegistrationField::Customer)
    }

    /// For the audit log: what was corrected, without the secret, and whether a node accepted it.
    #[must_use]
    pub fn sentence(&self, before: &Correction, accepted_by: Option<&str>) -> String {
        fn word(value: Option<impl ToString>) -> String {
            value.map_or_else(|| "none".to_owned(), |value| value.to_string())
        }
        let change = |field: &RegistrationField| match field {
            RegistrationField::Guid => format!("GUID from {} to {}", word(before.guid), word(self.guid)),
            RegistrationField::Auth => "auth string".to_owned(),
            RegistrationField::Context => format!("context from {} to {}", word(before.context), word(self.context)),
            RegistrationField::Customer => {
                let named = |name: &Option<String>| word(name.as_ref().map(|name| format!("“{name}”")));
                format!("customer from {} to {}", named(&before.customer), named(&self.customer))
            }
        };
        let what = list(self.fields(before).iter().map(change));
        let checked = match accepted_by {
            Some(node) => format!(" The licensing node {node} accepted it."),
            None if self.concerns_nodes(before) => " It was not checked at a licensing node.".to_owned(),
            None => String::new(),
        };
        format!("Corrected the registration: {what}.{checked}")
    }

    /// The registration to store; `None` without a GUID.
    #[must_use]
    pub fn registration(
        &self,
        before: &Correction,
        operator: Option<String>,
        sentence: String,
    ) -> Option<Registration> {
        Some(Registration {
            auth: self.auth.clone().or_else(|| before.auth.clone()),
            context: self.context,
            customer: self.customer.clone(),
            operator,
            corrected: Some(sentence),
            ..Registration::new(self.guid?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}";
    const OTHER: &str = "{11111111-7BD5-633B-F0F4-B1470BBD0B8E}";

    fn before() -> Correction {
        Correction::typed(GUID, "secret", "production", "ACME").unwrap()
    }

    #[test]
    fn every_wrong_field_is_named_and_none_of_them_repeats_the_secret() {
        let wrong = Correction::typed("$LV_LIC", "sécret", "staging", &"x".repeat(201)).unwrap_err();
        let fields: Vec<_> = wrong.iter().map(|(field, _)| *field).collect();
        use RegistrationField::{Auth, Context, Customer, Guid};
        assert_eq!(fields, [Guid, Auth, Context, Customer]);
        assert!(wrong.iter().all(|(_, sentence)| sentence.ends_with('.') && !sentence.contains("cret")), "{wrong:?}");
        assert_eq!(
            Correction::typed(GUID, " ", "", " ").unwrap(),
            Correction { guid: before().guid, ..Correction::default() }
        );
    }

    #[test]
    fn an_auth_string_that_is_not_typed_stays_and_is_no_change() {
        let kept = Correction { auth: None, ..before() };
        assert_eq!(kept.fields(&before()), []);
        let stored = kept.registration(&before(), Some("operator".to_owned()), String::new()).unwrap();
        assert_eq!((stored.auth, stored.operator.as_deref()), (before().auth, Some("operator")));
        assert_eq!(before().fields(&before()), [], "the same again");
    }

    #[test]
    fn a_node_is_asked_about_all_but_the_customer() {
        let customer = Correction { customer: None, ..before() };
        assert!(!customer.concerns_nodes(&before()));
        assert_eq!(customer.sentence(&before(), None), "Corrected the registration: customer from “ACME” to none.");
        for changed in [
            Correction { guid: Guid::parse(OTHER).ok(), ..before() },
            Correction { auth: "another".parse().ok(), ..before() },
            Correction { context: Some(Context::Backup), ..before() },
        ] {
            assert!(changed.concerns_nodes(&before()), "{changed:?}");
        }
    }

    #[test]
    fn the_audit_log_says_what_was_corrected_and_who_accepted_it_and_no_secret() {
        let all = Correction::typed(OTHER, "another", "backup", "ACME").unwrap();
        assert_eq!(
            all.sentence(&before(), Some("node.example:443")),
            format!(
                "Corrected the registration: GUID from {GUID} to {OTHER}, context from production to backup and auth string. The licensing node node.example:443 accepted it."
            )
        );
        assert!(all.sentence(&before(), None).ends_with("auth string. It was not checked at a licensing node."));
        assert!(!all.sentence(&before(), None).contains("another"));
    }
}
