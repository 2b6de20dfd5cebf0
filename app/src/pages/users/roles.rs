//! What each role may, from the one table of permissions.

use crate::components::{Card, Column, Table};
use crate::drawn::Draw;
use leptos::prelude::*;
use licensing::permission::{Permission, Role};

/// Roles and permissions.
#[component]
pub(super) fn Roles() -> impl IntoView {
    let mut rows = Permission::ALL;
    rows.sort_by_key(|permission| permission.least_role());
    let mut table = Table::new("What each role may do").look("roles").column(Column::row_header(
        "Permission",
        |permission: &Permission, cell| {
            cell.text(permission.label());
            cell.sub(|cell| cell.code(permission.as_str()));
        },
    ));
    for role in Role::ALL {
        table = table.column(Column::text(role.as_str(), move |permission: &Permission, cell| {
            if role.allows(*permission) { cell.text("yes") } else { cell.muted("no") }
        }));
    }
    let table = table.draw(&rows);
    view! {
        <Card title="Roles and permissions" id="roles">
            {table}
        </Card>
    }
    .drawn()
}
