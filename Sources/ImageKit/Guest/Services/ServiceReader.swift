public import Documents
public import FileSystems

/// Tells what a guest starts: systemd.unit(5), and the states of systemctl(1), "is-enabled". Presets are not applied: they count
/// at the first boot of an image without a machine id, and say nothing of what is there.
public struct ServiceReader: Sendable {
    let tree: GuestTree
    public init(_ tree: GuestTree) { self.tree = tree }

    public func facts() -> ServiceFacts {
        let manager = Fact<String>.reading { () throws(Failure) in try self.manager() }
        let target = Fact<String>.reading { () throws(Failure) in try defaultTarget() }
        var units: [ServiceUnit] = []
        do throws(Failure) {
            let files = try UnitFiles(tree)
            units = try UnitStates(files).units()
            if let target = target.value { try UnitGraph(files, units).mark(&units, from: target) }
        } catch {
            return ServiceFacts(
                manager: manager, defaultTarget: target, units: .unknown(error.inWords),
                scripts: .unknown(error.inWords))
        }
        let names = Set(units.flatMap { [$0.name] + $0.aliases })
        let scripts = Fact<[InitScript]>.reading { () throws(Failure) in try self.scripts(besides: names) }
        return ServiceFacts(
            manager: manager, defaultTarget: target, units: .known(units), scripts: scripts)
    }

    private func manager() throws(Failure) -> Fact<String> {
        for path in ["/sbin/init", "/usr/sbin/init", "/lib/systemd/systemd", "/usr/lib/systemd/systemd"] {
            guard let found = try tree.find(path) else { continue }
            let name = found.path.split(separator: "/").last.map(String.init) ?? ""
            let evidence = [Evidence(path, text: found.path)]
            switch name {
            case "systemd": return .known("systemd", evidence)
            case "busybox": return .known("busybox", evidence)
            case "openrc-init": return .known("openrc", evidence)
            default:
                if try tree.find("/sbin/openrc") != nil { return .known("openrc", evidence) }
                if try tree.find("/etc/inittab") != nil { return .known("sysvinit", evidence) }
                return .unknown("\(found.path) is no program of a known manager of services")
            }
        }
        return .absent([Evidence("/sbin/init")])
    }

    private func defaultTarget() throws(Failure) -> Fact<String> {
        for folder in UnitFiles.folders {
            let path = folder + "/default.target"
            guard let link = try tree.find(path, following: false) else { continue }
            let said = try tree.linkTarget(path)
            let name = said?.split(separator: "/").last.map(String.init) ?? "default.target"
            return .known(name, [Evidence(link.path, text: said)])
        }
        return .absent([Evidence("/etc/systemd/system/default.target")])
    }

    /// Scripts that no unit of the same name stands for; systemd makes units of them that its rc links start.
    private func scripts(besides units: Set<String>) throws(Failure) -> Fact<[InitScript]> {
        var levels: [String: [(level: String, path: String)]] = [:]
        for root in ["/etc/rc.d", "/etc"] {
            for level in ["0", "1", "2", "3", "4", "5", "6", "S"] {
                let folder = "\(root)/rc\(level).d"
                for name in try tree.list(folder) where name.hasPrefix("S") && name.utf8.count > 3 {
                    let script = String(name.dropFirst(3))
                    guard levels[script]?.contains(where: { $0.level == level }) != true else { continue }
                    levels[script, default: []].append((level, folder + "/" + name))
                }
            }
        }
        var scripts: [InitScript] = []
        var seen: Set<String> = []
        for folder in ["/etc/init.d", "/etc/rc.d/init.d"] {
            for name in try tree.list(folder) where !units.contains(name + ".service") && seen.insert(name).inserted {
                guard let found = try tree.find(folder + "/" + name), found.status.kind == .file,
                    found.status.permissions & 0o111 != 0, scripts.count < 1000
                else { continue }
                let links = levels[name] ?? []
                scripts.append(
                    InitScript(
                        name: name, runlevels: links.map(\.level).sorted(),
                        evidence: links.isEmpty ? [Evidence(found.path)] : links.map { Evidence($0.path) }))
            }
        }
        return .known(scripts.sorted { $0.name < $1.name })
    }
}
