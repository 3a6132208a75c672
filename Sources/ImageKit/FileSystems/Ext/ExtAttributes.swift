public import Documents

/// Extended attributes: behind the inode's fields, and in a block of their own (filesystems/ext4/attributes.rst).
extension ExtFileSystem {
    /// What one file may have, in bytes of values: values in inodes of their own would else add up to anything.
    private static let valuesLimit = 1 << 20

    private struct Attribute {
        var prefix: UInt8
        var name: [UInt8]
        var value: [UInt8]
    }

    public func attributes(of file: FileNumber) throws(Failure) -> [String: [UInt8]] {
        var attributes: [String: [UInt8]] = [:]
        for attribute in try all(of: try inode(file)) where !Self.isInlineData(attribute) {
            guard let prefix = Self.prefixes[attribute.prefix] else { continue }
            let isList = attribute.prefix == 2 || attribute.prefix == 3
            let name = prefix + String(decoding: attribute.name, as: UTF8.self)
            attributes[name] = isList ? try Self.accessList(attribute.value) : attribute.value
        }
        return attributes
    }

    /// What goes on from the inode's map of a file that lies in its inode; nil if nothing does.
    func inlineAttribute(of inode: ExtInode) throws(Failure) -> [UInt8]? {
        guard let start = inode.attributeStart, try inode.bytes.u32(start) == Self.magic else { return nil }
        var room = Self.valuesLimit
        return try list(inode.bytes, from: start + 4, values: start + 4, inode, &room).first(where: Self.isInlineData)?
            .value
    }

    private static let magic: UInt32 = 0xEA02_0000

    private static let prefixes: [UInt8: String] = [
        1: "user.", 2: "system.posix_acl_access", 3: "system.posix_acl_default", 4: "trusted.", 6: "security.",
        7: "system.", 8: "system.richacl",
    ]

    private static func isInlineData(_ attribute: Attribute) -> Bool {
        attribute.prefix == 7 && attribute.name == Array("data".utf8)
    }

    private func all(of inode: ExtInode) throws(Failure) -> [Attribute] {
        var room = Self.valuesLimit
        var found: [Attribute] = []
        if let start = inode.attributeStart, try inode.bytes.u32(start) == Self.magic {
            found = try list(inode.bytes, from: start + 4, values: start + 4, inode, &room)
        }
        if inode.attributeBlock != 0 {
            let bytes = try block(inode.attributeBlock, for: "attributes of inode \(inode.number)")
            guard try bytes.u32(0) == Self.magic, try bytes.u32(8) == 1 else {
                throw damaged("its attributes do not begin as attributes do", inode)
            }
            found += try list(bytes, from: 32, values: 0, inode, &room)
        }
        return found
    }

    /// - Parameter values: the byte that the places of values count from.
    private func list(_ bytes: [UInt8], from first: Int, values: Int, _ inode: ExtInode, _ room: inout Int)
        throws(Failure) -> [Attribute]
    {
        var found: [Attribute] = []
        var place = first
        while place <= bytes.count - 4, try bytes.u32(place) != 0 {
            let length = Int(try bytes.u8(place))
            let size = Int(try bytes.u32(place + 8))
            guard size <= room else { throw damaged("its attributes are longer than \(Self.valuesLimit) bytes", inode) }
            room -= size
            let holder = try bytes.u32(place + 4)
            let value: [UInt8]
            if holder != 0 {
                value = try held(by: holder, size: size, inode)
            } else {
                value = Array(try bytes.part(values + Int(try bytes.u16(place + 2)), size))
            }
            let name = Array(try bytes.part(place + 16, length))
            found.append(Attribute(prefix: try bytes.u8(place + 1), name: name, value: value))
            place += (16 + length + 3) & ~3
        }
        return found
    }

    /// A value that is the contents of an inode of its own (feature ea_inode).
    private func held(by number: UInt32, size: Int, _ owner: ExtInode) throws(Failure) -> [UInt8] {
        let inode = try inode(FileNumber(rawValue: UInt64(number)))
        guard inode.flags & ExtInode.Flags.holdsAttribute != 0, inode.status.kind == .file,
            inode.status.size == UInt64(size)
        else { throw damaged("an attribute's value can't lie in inode \(number)", owner) }
        var value = [UInt8](repeating: 0, count: size)
        try fill(&value, from: inode)
        return value
    }

    /// An access list as getxattr(2) gives it: on disk, entries without an owner leave that field out.
    private static func accessList(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
        guard try bytes.u32(0) == 1 else {
            throw Failure(.refused, "an access list of an unknown version", hint: ExtInode.hint)
        }
        var list: [UInt8] = [2, 0, 0, 0]
        var place = 4
        while place < bytes.count {
            list += try bytes.part(place, 4)
            // ACL_USER and ACL_GROUP have an owner.
            let tag = try bytes.u16(place)
            if tag == 0x02 || tag == 0x08 {
                list += try bytes.part(place + 4, 4)
                place += 8
            } else {
                list += [0xFF, 0xFF, 0xFF, 0xFF]
                place += 4
            }
        }
        return list
    }
}
