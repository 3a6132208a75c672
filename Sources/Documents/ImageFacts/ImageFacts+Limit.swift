public import FoundationEssentials

extension ImageFacts {
    /// The document as bytes. Of one that is larger than `limit` the longest lists are left out, the longest first, until
    /// the rest fits: each is then unknown and says how long it was, so that no rule takes what is missing for absent.
    /// - Throws: `Failure` (refused) if that is not enough.
    public func encoded(limit: Int = Self.limit) throws -> Data {
        let whole = try DocumentCoding.encode(self)
        guard whole.count > limit else { return whole }
        var facts = self
        let lists = Self.lists.map { (list: $0, size: $0.size(facts)) }.sorted { $0.size > $1.size }
        var size = whole.count
        for (list, length) in lists where length > 0 {
            list.leaveOut(&facts, length)
            size -= length
            guard size <= limit else { continue }
            let rest = try DocumentCoding.encode(facts)
            if rest.count <= limit { return rest }
            size = rest.count
        }
        throw Failure(
            .refused, "the image's facts take \(whole.count) bytes, and a request holds \(limit)",
            hint: "the image is damaged or hostile, or please report it")
    }

    /// A fact that may be long: how long it is as JSON, and how to do without it.
    private struct List: Sendable {
        var size: @Sendable (ImageFacts) -> Int
        var leaveOut: @Sendable (inout ImageFacts, _ size: Int) -> Void

        init<Topic, Element>(
            _ name: String, _ topic: any WritableKeyPath<ImageFacts, Topic?> & Sendable,
            _ list: any WritableKeyPath<Topic, Fact<[Element]>> & Sendable
        ) {
            size = { facts in
                guard let list = facts[keyPath: topic]?[keyPath: list].value, !list.isEmpty else { return 0 }
                return (try? DocumentCoding.encode(list).count) ?? 0
            }
            leaveOut = { facts, size in
                let count = facts[keyPath: topic]?[keyPath: list].value?.count ?? 0
                facts[keyPath: topic]?[keyPath: list] = .unknown(
                    "\(count) \(name) take \(size) bytes, which is more than a document of facts has room for")
            }
        }
    }

    /// All that grows with what is in the image. The others are bounded by their readers, and small.
    private static let lists = [
        List("packages", \.packages, \.packages), List("users", \.accounts, \.users),
        List("groups", \.accounts, \.groups), List("damaged lines", \.accounts, \.damaged),
        List("authorized keys", \.accounts, \.authorizedKeys), List("rules of sudo", \.sudo, \.rules),
        List("administrators", \.sudo, \.administrators), List("defaults of sudo", \.sudo, \.defaults),
        List("damaged lines of sudoers", \.sudo, \.damaged), List("Match blocks", \.ssh, \.matches),
        List("files of sshd", \.ssh, \.files), List("refused lines of sshd", \.ssh, \.refused),
        List("host keys", \.ssh, \.hostKeys), List("units", \.services, \.units),
        List("init scripts", \.services, \.scripts), List("private keys", \.secrets, \.privateKeys),
        List("credentials", \.secrets, \.credentials), List("kernels", \.kernels, \.kernels),
        List("EFI programs", \.boot, \.efi), List("boot menus", \.boot, \.menus),
        List("settings of the boot loader", \.boot, \.defaults), List("lines of fstab", \.fstab, \.entries),
        List("damaged lines of fstab", \.fstab, \.damaged), List("lines of crypttab", \.fstab, \.encrypted),
        List("mount units", \.fstab, \.units), List("profiles", \.network, \.profiles),
        List("lines of udev", \.network, \.persistentNames), List("links", \.network, \.boundLinks),
        List("lines of hosts", \.network, \.hosts), List("files of cloud-init", \.cloudInit, \.files),
        List("users of cloud-init", \.cloudInit, \.users), List("passwords", \.cloudInit, \.passwords),
        List("keys of cloud-init", \.cloudInit, \.authorizedKeys),
        List("modules of cloud-init", \.cloudInit, \.modules), List("seeds", \.cloudInit, \.seeds),
        List("leftovers of cloud-init", \.cloudInit, \.leftovers), List("clocks", \.system, \.clocks),
        List("firewalls", \.system, \.firewalls), List("repositories", \.system, \.repositories),
        List("partitions", \.partitions, \.partitions), List("defects", \.partitions, \.defects),
        List("volumes", \.mounts, \.volumes), List("lines that are not mounted", \.mounts, \.unmounted),
    ]
}
