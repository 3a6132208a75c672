import Documents
import FileSystems

/// Where the drivers that rules ask for are, for one kernel.
struct Drivers {
    let tree: GuestTree
    let version: String
    let modules: ModuleTree?
    let config: Fact<[String: String]>
    let content: Found<InitramfsContent>

    func all() -> [Driver] { Driver.asked.map(driver) }

    private func driver(_ name: String) -> Driver {
        var driver = Driver(
            name: name, builtIn: builtIn(name), initramfs: inInitramfs(name), modules: inModules(name))
        if case .known(let content, _) = content, driver.initramfs.value != nil {
            // The list in the initramfs is the one that counts there.
            let needs = content.dependencies[name]?.needs ?? modules?.modules.value?[name]?.needs ?? []
            driver.missing = Set(needs).filter { content.modules[$0] == nil && builtIn($0).value == nil }.sorted()
        }
        return driver
    }

    private func builtIn(_ name: String) -> Fact<String> {
        switch modules?.builtIn {
        case .known(let names, let evidence):
            guard let line = names[name] else { return .absent(evidence) }
            return .known(evidence[0].path, [Evidence(evidence[0].path, line: line, text: name)])
        case .unknown(let why): return .unknown(why)
        case .absent, nil: return configured(name)
        }
    }

    private func configured(_ name: String) -> Fact<String> {
        guard let option = KernelConfig.options[name] else {
            return .unknown("kernel \(version) has no modules.builtin, and no option tells whether \(name) is in it")
        }
        switch config {
        case .known(let options, let evidence):
            let value = options[option] ?? "n"
            let said = evidence.map { Evidence($0.path, text: "\(option)=\(value)") }
            return value == "y" ? .known(option, said) : .absent(said)
        case .unknown(let why): return .unknown(why)
        case .absent:
            return .unknown("kernel \(version) has neither modules.builtin nor a configuration beside it")
        }
    }

    private func inInitramfs(_ name: String) -> Fact<String> {
        switch content {
        case .known(let content, let path):
            let place = "initramfs \(path)"
            if let found = content.modules[name] { return .known(found, [Evidence(place, text: found)]) }
            guard content.modules.isEmpty, let other = content.otherVersions.sorted().first else {
                return .absent([Evidence(place)])
            }
            return .absent([Evidence(place, text: "its modules are those of \(other)")])
        case .absent(let evidence): return .absent(evidence)
        case .unknown(let why): return .unknown(why)
        }
    }

    private func inModules(_ name: String) -> Fact<String> {
        guard let modules else { return .absent([Evidence("/lib/modules/\(version)")]) }
        switch modules.modules {
        case .unknown(let why): return .unknown(why)
        case .absent(let evidence): return .absent(evidence)
        case .known(let list, let evidence):
            guard let module = list[name] else { return .absent(evidence) }
            let path = module.path.hasPrefix("/") ? module.path : "\(modules.path)/\(module.path)"
            let said = [Evidence(evidence[0].path, line: module.line, text: module.path)]
            do throws(Failure) {
                return try tree.find(path) == nil ? .absent(said + [Evidence(path)]) : .known(path, said)
            } catch {
                return .unknown("\(path): \(error.message)")
            }
        }
    }
}
