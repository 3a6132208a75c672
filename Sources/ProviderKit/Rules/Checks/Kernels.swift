import Documents

extension CheckSubject {
    /// Those that can be started: a tree of modules without a kernel is a leftover.
    private func kernels() throws(Unknown) -> [Kernel] {
        let all = try kernelFacts.kernels.get() ?? []
        var unknown: String?
        let found = all.filter { kernel in
            if case .unknown(let why) = kernel.image { unknown = why }
            return kernel.image.value != nil
        }
        if let unknown { throw Unknown(unknown) }
        guard !found.isEmpty else { throw Unknown("no kernel was found in the image") }
        return found
    }

    /// - Parameter early: before the root is mounted.
    private func drivers(_ names: [String], early: Bool) throws(Unknown) -> Outcome {
        var verdict = Verdict()
        keptOff(names, &verdict)
        let place = early ? "built in nor in the initramfs" : "built in nor among the modules"
        for kernel in try kernels() {
            for name in names {
                guard let driver = kernel.driver(name) else {
                    verdict.unknown("\(name) was not looked for")
                    continue
                }
                let fact = early ? driver.early : driver.anywhere
                if early, let damage = kernel.initramfsDamage, driver.builtIn.value == nil {
                    verdict.wrong(
                        "\(driver.name) can't be loaded: the initramfs of kernel \(kernel.version) is damaged",
                        [Evidence("kernel \(kernel.version)", text: damage)], .byHand("make the initramfs anew"))
                    continue
                }
                if case .absent(let places) = fact {
                    let places =
                        places.isEmpty ? kernel.image.evidence + [Evidence("kernel \(kernel.version)")] : places
                    verdict.wrong(
                        "\(driver.name) is neither \(place) of kernel \(kernel.version)", places,
                        .initramfsDriver([driver.name]))
                } else if verdict.value(fact) != nil, early, !driver.missing.isEmpty {
                    verdict.wrong(
                        "\(driver.name) needs \(driver.missing.listed), which the initramfs of kernel \(kernel.version) lacks",
                        fact.evidence, .initramfsDriver(driver.missing))
                }
            }
        }
        return verdict.outcome(pass: "every kernel has \(names.listed)")
    }

    /// Modules that modprobe.d(5) or the kernel's command line keep from being loaded; what is built in they can't.
    private func keptOff(_ names: [String], _ verdict: inout Verdict) {
        verdict.trying { verdict throws(Unknown) in
            let kernels = try kernels()
            let names = names.map(Driver.normalized).filter { name in
                kernels.contains { $0.driver(name)?.builtIn.value == nil }
            }
            for menu in facts.boot?.menus.value ?? [] {
                guard let entry = menu.defaultEntry else { continue }
                for key in ["module_blacklist", "modprobe.blacklist", "rd.driver.blacklist"] {
                    for module in entry.values(of: key).flatMap({ $0.split(separator: ",") }) {
                        let module = Driver.normalized(String(module))
                        guard names.contains(module) else { continue }
                        verdict.wrong(
                            "\(module) is kept from being loaded by \(key)", [entry.evidence],
                            .byHand("take \(module) out of \(key) in the loader's configuration"))
                    }
                }
            }
            // Without the files nothing is said of them: drivers are told by facts.
            guard files != nil else { return }
            for folder in ["/etc/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d"] {
                for name in try list(folder) where name.hasSuffix(".conf") {
                    let path = folder + "/" + name
                    for (index, line) in (try text(path) ?? "").split(separator: "\n", omittingEmptySubsequences: false)
                        .enumerated()
                    {
                        let words = line.split { $0 == " " || $0 == "\t" }.map(String.init)
                        guard words.count >= 2, names.contains(Driver.normalized(words[1])) else { continue }
                        let isOff =
                            words[0] == "install" && words.count > 2
                            && ["true", "false", ":"].contains { words[2].split(separator: "/").last ?? "" == $0 }
                        guard words[0] == "blacklist" || isOff else { continue }
                        verdict.wrong(
                            "\(Driver.normalized(words[1])) is kept from being loaded",
                            [Evidence(path, line: index + 1, text: String(line))],
                            .byHand("remove the line from \(path), and make the initramfs anew"))
                    }
                }
            }
        }
    }

    func drivers(allOf names: [String]) throws(Unknown) -> Outcome { try drivers(names, early: true) }
    func driversInstalled(allOf names: [String]) throws(Unknown) -> Outcome { try drivers(names, early: false) }

    func drivers(anyOf names: [String]) throws(Unknown) -> Outcome {
        let outcomes = try names.map { name throws(Unknown) in try drivers([name], early: true) }
        return Outcome.any(outcomes, fail: "no kernel can have \(names.either) before its root is mounted")
    }

    func kernelConfig(_ option: String, in values: [String]) throws(Unknown) -> Outcome {
        var verdict = Verdict()
        for kernel in try kernels() {
            guard let config = verdict.value(kernel.config) else {
                if case .absent = kernel.config {
                    verdict.unknown("kernel \(kernel.version) has no configuration in /boot")
                }
                continue
            }
            guard let value = config[option] else {
                verdict.unknown("\(option) was not looked for")
                continue
            }
            if !values.contains(value) {
                verdict.wrong(
                    "\(option) is \(value) in kernel \(kernel.version), and has to be \(values.either)",
                    kernel.config.evidence.map { Evidence($0.path, text: "\(option)=\(value)") },
                    .byHand("install a kernel with \(option)=\(values.first ?? "y")"))
            }
        }
        return verdict.outcome(pass: "\(option) is \(values.either)")
    }

    func kernelVersion(from least: String) throws(Unknown) -> Outcome {
        // The one with the highest version is the one that starts, unless the loader is told otherwise.
        let all = try kernels()
        guard let newest = all.max(by: { Version($0.version) < Version($1.version) }) else {
            throw Unknown("no kernel was found in the image")
        }
        let places = newest.image.places(or: "kernel \(newest.version)")
        guard !(Version(newest.version) < Version(least)) else {
            return .fail(
                "the kernel is \(newest.version), older than \(least)", places,
                [.byHand("install a kernel from \(least) on")])
        }
        return .pass("the kernel is \(newest.version)", places)
    }

    func packagedKernel() throws(Unknown) -> Outcome {
        let packages = try packageFacts
        guard try packages.packages.get() != nil else { throw Unknown("the image has no database of packages") }
        var verdict = Verdict()
        for kernel in try kernels() where !kernel.version.hasPrefix("0-rescue") {
            let found = packages.kernelPackage(kernel.version)
            if verdict.value(found) == nil, !found.isUnknown {
                verdict.wrong(
                    "no package brought kernel \(kernel.version)", kernel.image.evidence,
                    .byHand("install the system's own kernel"))
            }
        }
        return verdict.outcome(pass: "every kernel came in a package")
    }

    func isDeclaredArchitecture() throws(Unknown) -> Outcome {
        guard let declared = declaredArchitecture else {
            throw guestless ?? Unknown("nothing says what architecture the image is for")
        }
        var verdict = Verdict()
        var isSeen = false
        for kernel in try kernels() {
            guard let name = verdict.value(kernel.architecture) else { continue }
            isSeen = true
            if Architecture(named: name) != declared {
                verdict.wrong(
                    "kernel \(kernel.version) is for \(name), and the image is said to be for \(declared.rawValue)",
                    kernel.architecture.evidence, .byHand("correct the architecture in the plan"))
            }
        }
        if !isSeen { verdict.unknown("no kernel tells its architecture") }
        return verdict.outcome(pass: "the image is for \(declared.rawValue), as it says")
    }

    func dracutDrivers(allOf names: [String]) throws(Unknown) -> Outcome {
        let folder = "/etc/dracut.conf.d"
        var paths = ["/etc/dracut.conf"]
        for name in try list(folder) where name.hasSuffix(".conf") { paths.append("\(folder)/\(name)") }
        for name in try list("/usr/lib/dracut/dracut.conf.d") where name.hasSuffix(".conf") {
            paths.append("/usr/lib/dracut/dracut.conf.d/\(name)")
        }
        var named: Set<String> = []
        for path in paths {
            guard let text = try text(path) else { continue }
            for line in text.split(separator: "\n") {
                let line = line.drop { $0 == " " || $0 == "\t" }
                guard
                    ["add_drivers", "force_drivers", "drivers"].contains(where: {
                        line.hasPrefix($0 + "+=") || line.hasPrefix($0 + "=")
                    }),
                    let start = line.firstIndex(of: "=")
                else { continue }
                let words = line[line.index(after: start)...].split { " \t\"'".contains($0) }
                named.formUnion(words.map { Driver.normalized(String($0)) })
            }
        }
        let missing = names.map(Driver.normalized).filter { !named.contains($0) }
        guard missing.isEmpty else {
            return .fail(
                "dracut is not told to add \(missing.listed) to the next kernel's initramfs", [Evidence(folder)],
                [.initramfsDriver(missing)])
        }
        return .pass("dracut adds \(names.listed)")
    }
}

/// Numbers and words as versions are compared: `6.6.0-28` is after `6.6.0-9`.
struct Version: Comparable {
    private let parts: [(number: Int?, text: String)]

    init(_ text: String) {
        var parts: [(Int?, String)] = []
        var run = ""
        func flush() {
            if !run.isEmpty { parts.append((Int(run), run)) }
            run = ""
        }
        for character in text {
            guard character.isLetter || character.isNumber else {
                flush()
                continue
            }
            if let last = run.last, last.isNumber != character.isNumber { flush() }
            run.append(character)
        }
        flush()
        self.parts = parts
    }

    static func == (left: Version, right: Version) -> Bool { !(left < right) && !(right < left) }

    static func < (left: Version, right: Version) -> Bool {
        for (one, other) in zip(left.parts, right.parts) {
            switch (one.number, other.number) {
            case (let a?, let b?): if a != b { return a < b }
            // A word is before a number: 1.0rc is before 1.0.1.
            case (nil, _?): return true
            case (_?, nil): return false
            case (nil, nil): if one.text != other.text { return one.text < other.text }
            }
        }
        return left.parts.count < right.parts.count
    }
}
