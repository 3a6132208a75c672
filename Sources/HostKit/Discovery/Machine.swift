import Documents

/// CPUs by their number in an ELF header (the System V ABI's registry of `e_machine`).
struct Machine {
    let number: UInt16
    let name: String

    static let all = [
        Machine(number: 62, name: "x86_64"), Machine(number: 183, name: "aarch64"),
        Machine(number: 243, name: "riscv64"),
        Machine(number: 258, name: "loongarch64"), Machine(number: 21, name: "ppc64le"),
        Machine(number: 22, name: "s390x"),
    ]

    /// This program's; nil on a CPU that is not in the list.
    static var current: Machine? {
        #if arch(x86_64)
            all[0]
        #elseif arch(arm64)
            all[1]
        #elseif arch(riscv64)
            all[2]
        #else
            nil
        #endif
    }

    /// - Throws: `Failure` (usage) when the library is for another CPU.
    static func check(_ elf: ELF) throws {
        guard let current, elf.machine != current.number else { return }
        let name = all.first { $0.number == elf.machine }?.name ?? "machine \(elf.machine)"
        throw Failure(
            .usage, "the library is for \(name), this program for \(current.name)", place: elf.path,
            hint: "install the provider for \(current.name)")
    }
}
