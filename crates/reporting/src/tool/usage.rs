use super::flags::FLAGS;

/// What is printed without arguments.
pub(super) fn text() -> String {
    let mut text = format!(
        "license-reporter-tool {}: queries a license server's reporting API, and carries reports and responses\n\
         between the server and the licensing service by hand.\n\
         \n\
         Usage: license-reporter-tool -operation NAME -deploymentId UUID -operatorId UUID [flags]\n\
         \n\
         Operations:\n\
         \x20 report        print the usage of the deployment\n\
         \x20 cluster-pull  get a report and print the curl command that sends it to the licensing service; needs -authString\n\
         \x20 cluster-push  deliver the licensing service's response to the server; needs -responseJson or -responseFile\n\
         \n\
         Flags (-flag value or -flag=value):\n",
        env!("CARGO_PKG_VERSION")
    );
    for flag in FLAGS {
        let name = format!("-{} {}", flag.name, flag.value);
        text.push_str(&format!("  {:<27} {}\n", name.trim_end(), flag.help));
    }
    text.push_str(
        "\n\
         Examples:\n\
         \x20 license-reporter-tool -operation report -deploymentId UUID -operatorId UUID -reportingApiUri=server:5000\n\
         \x20 license-reporter-tool -operation cluster-pull -deploymentId UUID -operatorId UUID -authString TEXT -enableTls=true\n\
         \x20 license-reporter-tool -operation cluster-push -deploymentId UUID -operatorId UUID -responseJson '{…}'\n\
         \n\
         Exit codes: 0 done, 1 refused or failed, 2 wrong usage or input, 3 the API did not respond.\n",
    );
    text
}
