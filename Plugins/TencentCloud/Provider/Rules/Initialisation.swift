import Documents
import ProviderKit

extension TencentRules {
    /// Where the import looks for it.
    private static let installed = Check.files(anyOf: ["/usr/bin/cloud-init", "/usr/local/bin/cloud-init"])

    /// cloud-init, which gives each machine its name, addresses and password.
    static let initialisation: [Rule] = [
        Rule(
            "tencentcloud.cvm.cloud-init", "TC-CI-1", .error, "cloud-init is installed.",
            why: "The import ends with CloudInitNotInstalled.",
            fix: "Install cloud-init, or import by force and set machines up by a script of your own.",
            source: Page.cloudInit, installed, remediations: [.packageInstall(["cloud-init"])]),
        Rule(
            "tencentcloud.cvm.cloud-init-units", "TC-CI-2", .error,
            "cloud-init is not switched off, and all four stages of it start at boot.",
            why: "A stage that does not start leaves a machine half set up: without name, address or password.",
            fix: "Enable cloud-init-local, cloud-init, cloud-config and cloud-final.", source: Page.cloudInit,
            applies: .when(installed), .cloudInit()),
        Rule(
            "tencentcloud.cvm.cloud-init-source", "TC-CI-3", .warning,
            "cloud-init asks the data source ConfigDrive.",
            why: "A machine's settings come on a disk with the label config-2, which is ConfigDrive's.",
            fix: "Add ConfigDrive to datasource_list, or leave the list out.", source: Page.forcing,
            applies: .when(installed), .cloudInitSource(anyOf: ["ConfigDrive"])),
        Rule(
            "tencentcloud.cvm.cloud-init-clean", "TC-CI-4", .error,
            "Nothing of an earlier run of cloud-init is left in /var/lib/cloud.",
            why: "cloud-init takes the new machine for the old one, and does not set it up.",
            fix: "Remove what is below /var/lib/cloud (cloud-init clean).", source: Page.cloudInit, .cloudInitClean),
        Rule(
            "tencentcloud.cvm.cloud-init-order", "TC-CI-5", .info,
            "cloud-init's first stage runs before NetworkManager.",
            why: "It writes the addresses that NetworkManager reads.",
            fix: "Order cloud-init-local before NetworkManager.service and network-pre.target.", source: Page.cloudInit,
            applies: .when(
                .allOf([
                    .unitEnabled(anyOf: ["cloud-init-local.service"]), .unitEnabled(anyOf: ["NetworkManager.service"]),
                ])),
            .unitOrdered("cloud-init-local.service", before: ["NetworkManager.service", "network-pre.target"])),
    ]
}
