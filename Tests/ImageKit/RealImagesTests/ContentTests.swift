import Documents
import FileSystems
import Foundation
import Glibc
import ImageTesting
import Initramfs
import TestSupport
import Testing

/// What runs in two real images, as the guests' own kinds of programs tell it.
@Suite("Packages, initramfs and sshd of real images", .enabled(if: RealImages.areThere, "no images of packages"))
struct ContentTests {
    /// What does not hang on the machine that sshd runs on, or on how it was built.
    private static let keywords = [
        "port", "permitrootlogin", "passwordauthentication", "kbdinteractiveauthentication", "pubkeyauthentication",
        "permitemptypasswords", "x11forwarding", "allowtcpforwarding", "clientaliveinterval", "clientalivecountmax",
        "maxauthtries", "maxsessions", "authorizedkeysfile", "banner", "authenticationmethods", "loglevel", "permittty",
        "gatewayports", "usedns", "usepam", "logingracetime", "strictmodes", "tcpkeepalive", "maxstartups",
        "syslogfacility", "compression", "printmotd", "printlastlog", "addressfamily", "ignorerhosts",
        "hostbasedauthentication", "gssapiauthentication", "permituserrc", "allowagentforwarding", "disableforwarding",
        "permittunnel", "permituserenvironment", "chrootdirectory", "x11uselocalhost", "x11displayoffset",
    ]

    @Test("dpkg-query lists the same packages", arguments: RealImage.compared)
    func dpkg(_ image: RealImage) throws {
        let peer = try Peer.of(image)
        let listed = try peer.ask([
            "dpkg-query", "--admindir=\(peer.root)/var/lib/dpkg", "-W", "-f",
            "${db:Status-Status} dpkg ${Package} ${Version} ${Architecture}\\n",
        ]).filter { $0.hasPrefix("installed ") }.map { String($0.dropFirst("installed ".count)) }
        let ours = Set(try packages(image, .dpkg))
        #expect(listed.count > 200 && Set(listed) == ours)
    }

    @Test("rpm -qa lists the same packages")
    func rpm() throws {
        let peer = try Peer.of(.openEuler)
        let format = "rpm %{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE} %{ARCH}\\n"
        let listed = try peer.ask(["rpm", "--dbpath", "\(peer.root)/usr/lib/sysimage/rpm", "-qa", "--qf", format])
        let ours = Set(try packages(.openEuler, .rpm))
        #expect(listed.count > 200 && Set(listed) == ours)
    }

    private func packages(_ image: RealImage, _ manager: PackageDatabase.Manager) throws -> [String] {
        let facts = try #require(try Opened(image).facts().packages?.packages.value)
        return facts.filter { $0.manager == manager }.map {
            "\(manager.rawValue) \($0.name) \($0.fullVersion) \($0.architecture)"
        }
    }

    @Test("lsinitramfs and lsinitrd list the same names", arguments: RealImage.compared)
    func initramfs(_ image: RealImage) throws {
        let peer = try Peer.of(image)
        let folder = image == .openEuler ? peer.fat : "\(peer.root)/boot"
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasPrefix("init") })
        let path = "\(folder)/\(name)"
        var names: [String] = []
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        _ = try InitramfsArchive(MemorySource(bytes), place: name) { visit throws(Failure) in
            names.append(visit.entry.name)
        }
        let listed = try peer.ask(["lsinitramfs", path]).sorted()
        #expect(names.count > 300 && names.sorted() == listed)
        if image == .openEuler {
            let others = Set(try peer.script("lsinitrd", path))
            #expect(Set(names) == others)
        }
        let kernel = try #require(try Opened(image).facts().kernels?.kernels.value?.first)
        #expect(kernel.initramfs.value?.entries == names.count)
    }

    /// sshd of this machine, with the guest's /etc/ssh in the place of its own, in a mount namespace.
    @Test(
        "sshd -T tells the same settings", .enabled(if: access("/usr/sbin/sshd", X_OK) == 0, "sshd is not here"),
        arguments: RealImage.compared)
    func sshd(_ image: RealImage) throws {
        let peer = try Peer.of(image)
        let key = "\(peer.scratch.path)/key"
        if access(key, F_OK) != 0 { _ = try peer.ask(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]) }
        let told = try peer.ask([
            "unshare", "-m", "sh", "-c",
            "mkdir -p /run/sshd && mount --bind \(peer.root)/etc/ssh /etc/ssh && exec /usr/sbin/sshd -T -h \(key)",
        ])
        let facts = try #require(try Opened(image).facts().ssh)
        var (compared, values) = (0, [String: [String]]())
        for line in told {
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            values[words[0], default: []].append(words.count > 1 ? words[1] : "")
        }
        for keyword in Self.keywords {
            guard let said = values[keyword] else { continue }
            compared += 1
            #expect(
                facts.setting(keyword).value?.text.lowercased() == said.joined(separator: " ").lowercased(),
                "\(keyword)")
        }
        #expect(compared > 30)
    }
}
