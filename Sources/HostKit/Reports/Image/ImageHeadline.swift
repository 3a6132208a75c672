public import Documents

/// An image in one line: what system, for what machine, how large, how it boots.
public enum ImageHeadline {
    /// - Parameter name: told when the image does not say what it is.
    public static func text(_ facts: ImageFacts, name: String?) -> String {
        let release = facts.system?.field("PRETTY_NAME").value ?? facts.system?.field("NAME").value
        let disk = facts.disk
        var size = disk?.format.value ?? "unknown format"
        if let bytes = disk?.virtualSize.value { size += ", \(Amounts.binary(bytes)) virtual" }
        if let bytes = disk?.usedSize.value { size += ", \(Amounts.binary(bytes)) used" }
        let parts = [release ?? name, facts.architecture, size, boots(facts)].compactMap(\.self)
        return Printable.line(parts.joined(separator: " · "))
    }

    static func boots(_ facts: ImageFacts) -> String? {
        guard let boot = facts.boot else { return nil }
        var ways: [String] = []
        if boot.bios.value?.core.value == true { ways.append("BIOS") }
        if boot.efi.value?.contains(where: \.isFallback) == true { ways.append("UEFI") }
        if !ways.isEmpty, facts.bootTrouble != nil { return "does not boot" }
        return ways.isEmpty ? "no boot loader found" : "boots " + ways.joined(separator: " and ")
    }
}

extension ImageFacts {
    /// As `uname -m` prints it: the system's own, else the newest kernel's.
    var architecture: String? { system?.architecture.value ?? kernels?.kernels.value?.first?.architecture.value }
}
