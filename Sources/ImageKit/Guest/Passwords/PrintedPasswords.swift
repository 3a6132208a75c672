/// Passwords that are printed on a public page as those of images: everybody knows them, whatever salt their hash has.
enum PrintedPasswords {
    static let ofAccounts = [
        // root of openEuler's virtual machine images (docs.openeuler.org, "Installation Guide", "Installing the VM Image").
        "openEuler12#$",
        // root and vagrant of Vagrant's boxes (developer.hashicorp.com/vagrant/docs/boxes/base, "Default User Settings").
        "vagrant",
        // cirros of CirrOS up to 0.3 and from 0.4 on (github.com/cirros-dev/cirros, README).
        "cubswin:)", "gocubsgo",
        // pi of Raspberry Pi OS up to 2022 (raspberrypi.com/news/raspberry-pi-bullseye-update-april-2022).
        "raspberry",
    ]

    static let ofBootMenus = [
        // root of openEuler's GRUB (docs.openeuler.org, "Security Hardening Guide", "Setting the GRUB2 Encryption Password").
        "openEuler#12"
    ]
}
