import Documents
import Programs

extension BootRun {
    /// What can't be found out without a login.
    static func unasked(_ why: String) -> [BootReport.Finding] {
        let subjects: [BootReport.Finding.Subject] = [
            .keyLogin, .cloudInit, .failedUnits, .passwordLogin, .rootLocked, .diskGrown,
        ]
        return subjects.map { .init($0, .unknown, "not asked: \(why)") }
    }

    /// Logs in by the seed's key and asks.
    /// - Returns: nil if that failed: `problem` says why.
    mutating func asked(_ machine: RunningProgram, _ monitor: Monitor) async throws -> GuestAnswers? {
        let (shell, limit) = (shell, limit)
        while true {
            // An SSH server may be there before its accounts are.
            guard
                let answer = try await beside(
                    machine, monitor, { try await shell.run(GuestAnswers.question, within: limit) })
            else {
                if machine.end == nil, timeline.stop == nil, !timeline.isFlooded, let problem {
                    self.problem = ("no login by key: \(problem.text)", problem.hint)
                }
                return nil
            }
            let answers = GuestAnswers(answer.text)
            if answers.isWhole {
                note(.answers, "\(Seed.user), \(answers.kernel ?? "no kernel version")")
                return answers
            }
            let words = answer.lastWords ?? "ssh ended without a word"
            // The client's own status of a connection or login that failed (ssh(1), EXIT STATUS).
            if answer.end.status != 255 {
                problem = ("the guest's shell broke off: \(words)", nil)
                return nil
            }
            guard try await beside(machine, monitor, { try await Task.sleep(for: .seconds(2)) }) != nil else {
                problem = problem.map { ($0.text + "; a login by key was refused: \(words)", $0.hint) }
                return nil
            }
        }
    }

    /// What the answers mean, and what the server says to those without a key.
    mutating func judged(
        _ answers: GuestAnswers, _ machine: RunningProgram, _ monitor: Monitor
    ) async throws -> [BootReport.Finding] {
        var findings: [BootReport.Finding] = [.init(.keyLogin, .pass, "ssh by key works")]
        let shell = shell
        let methods = try await beside(machine, monitor) {
            try await shell.offeredMethods(user: "root", within: 60)
        }
        findings.append(Self.passwordLogin(methods ?? nil))
        findings += test.judge(answers)
        // Its last words may still be on their way.
        let deadline = seconds + 5
        while !timeline.has(.userData), seconds < deadline, goOn(machine) {
            try listen()
            try await Task.sleep(for: .milliseconds(200))
        }
        findings.append(
            timeline.has(.userData)
                ? .init(.userData, .pass, "cloud-init ran what the seed told it to")
                : .init(
                    .userData, .fail, "cloud-init never ran what the seed told it to (runcmd): see cloud_final_modules")
        )
        return findings
    }

    /// - Parameter methods: that the server offers besides keys.
    static func passwordLogin(_ methods: [String]?) -> BootReport.Finding {
        guard let methods else { return .init(.passwordLogin, .unknown, "the SSH server did not say what it takes") }
        let bad = methods.filter { $0 == "password" || $0.hasPrefix("keyboard-interactive") }
        return bad.isEmpty
            ? .init(.passwordLogin, .pass, "a login by password is refused")
            : .init(.passwordLogin, .fail, "the SSH server takes passwords (\(bad.joined(separator: ", ")))")
    }

    /// Presses the power button and waits for the machine's end.
    mutating func switchedOff(_ machine: RunningProgram, _ monitor: Monitor) async throws -> BootReport.Finding {
        let start = seconds
        var pressed = -20.0
        while seconds - start < Self.offPatience {
            // A guest that is still starting its listener misses the first.
            if machine.end == nil, seconds - pressed >= 20 {
                monitor.pressPower()
                pressed = seconds
            }
            try listen()
            if let end = machine.end {
                note(.off, "\(Self.tenths(seconds - start)) s after its power button")
                return end.isSuccess
                    ? .init(.powerOff, .pass, "it switches itself off")
                    : .init(.powerOff, .fail, "the emulator ended with \(machine.lastWords ?? "an error") at power-off")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        return .init(
            .powerOff, .fail, "it did not switch itself off within \(Int(Self.offPatience)) s after its power button")
    }

    private static func tenths(_ value: Double) -> String {
        let number = Int((value * 10).rounded())
        return "\(number / 10).\(number % 10)"
    }
}

extension BootTest {
    /// Findings of what a guest said.
    func judge(_ answers: GuestAnswers) -> [BootReport.Finding] {
        var findings: [BootReport.Finding] = []
        switch answers.cloudInit {
        case "done" where answers.cloudInitErrors.isEmpty && answers.cloudInitExit != 1:
            findings.append(.init(.cloudInit, .pass, "cloud-init is done, without an error"))
        case nil: findings.append(.init(.cloudInit, .unknown, "cloud-init did not tell its status"))
        case let status?:
            let errors = answers.cloudInitErrors.prefix(3).joined(separator: "; ")
            findings.append(
                .init(.cloudInit, .fail, "cloud-init's status is \(status)\(errors.isEmpty ? "" : ": \(errors)")"))
        }
        let units = answers.failedUnits
        findings.append(
            units.isEmpty
                ? .init(.failedUnits, .pass, "no unit failed")
                : .init(
                    .failedUnits, .fail, "units failed: \(units.prefix(8).joined(separator: ", "))"))
        switch answers.rootField {
        case "!", "*": findings.append(.init(.rootLocked, .pass, "root's password is locked"))
        case nil: findings.append(.init(.rootLocked, .unknown, "the guest did not tell root's password field"))
        case ":": findings.append(.init(.rootLocked, .fail, "root has no password at all"))
        default: findings.append(.init(.rootLocked, .fail, "root has a password"))
        }
        findings.append(growth(answers))
        return findings
    }

    private func growth(_ answers: GuestAnswers) -> BootReport.Finding {
        guard let before = rootSize, let after = answers.rootSize else {
            return .init(.diskGrown, .unknown, "the root's size is not known")
        }
        if after > before {
            return .init(
                .diskGrown, .pass, "the root grew with the disk: \(before >> 20) to \(after >> 20) MiB")
        }
        guard grows != false else {
            return .init(.diskGrown, .unknown, "not asked: the image's cloud-init does not grow the root")
        }
        return .init(
            .diskGrown, .fail,
            "the root did not grow with the disk: \(after >> 20) MiB of \((answers.diskSize ?? grownSize) >> 20)")
    }
}
