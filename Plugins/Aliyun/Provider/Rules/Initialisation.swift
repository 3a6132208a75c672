import Documents
import ProviderKit

extension AliyunRules {
    /// What makes an image into a machine when it first starts.
    static let initialisation: [Rule] = [
        Rule(
            "aliyun.ecs.cloud-init", "AL-26", .warning, marketplace: .error,
            "cloud-init 19.1.3 or newer is installed and starts at boot.",
            why: "Machines get no name, password, key and user data without it.",
            fix: "Install cloud-init and enable its units.", source: Page.importCall,
            .cloudInit(from: "19.1.3")),
        Rule(
            "aliyun.ecs.cloud-init-source", "AL-27", .warning, "cloud-init asks the data source AliYun.",
            why: "A machine's settings come from the service at 100.100.100.200, which is AliYun's.",
            fix: "Add AliYun to datasource_list, or leave the list out.", source: Page.specification,
            applies: .when(.cloudInit()), .cloudInitSource(anyOf: ["AliYun"])),
        Rule(
            "aliyun.ecs.grows-root", "AL-28", .warning, marketplace: .error, "The root grows with its disk.",
            why: "A larger disk is paid for and not used.",
            fix: "Install cloud-utils-growpart and the file system's tools, and let cloud-init use them.",
            source: Page.specification, .growsRoot),
        Rule(
            "aliyun.ecs.password-hash", "AL-29", .info, "New passwords are hashed with SHA-512 or better.",
            why: "The service sets passwords by such a hash.",
            fix: "Set ENCRYPT_METHOD SHA512 in /etc/login.defs.", source: Page.importCall,
            .passwordHash(in: ["SHA512", "YESCRYPT"])),
        // Both agents are the vendor's own, which no image has that was made elsewhere: only a seller is asked to put them in.
        Rule(
            "aliyun.ecs.cloud-assistant", "AL-42", .warning, "The Cloud Assistant agent is installed.",
            why: "Its users run commands on machines from the console.",
            fix: "Install the package aliyun_assist.", source: Page.specification, applies: .marketplace,
            .anyOf([
                .package(anyOf: ["aliyun_assist", "aliyun-assist"]), .files(anyOf: ["/usr/local/share/aliyun-assist"]),
            ]), remediations: [.byHand("install the package aliyun_assist from the vendor's page")]),
        Rule(
            "aliyun.ecs.security-agent", "AL-42", .warning, "The Security Center agent is installed.",
            why: "The image check reports machines that are not watched.",
            fix: "Install the agent of the Security Center.", source: Page.detection, applies: .marketplace,
            .anyOf([.files(anyOf: ["/usr/local/aegis"]), .unitEnabled(anyOf: ["aegis.service"])]),
            remediations: [.byHand("install the agent of the Security Center from its console")]),
    ]
}
