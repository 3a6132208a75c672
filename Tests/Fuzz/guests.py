"""Texts of guests, a few of each kind that is read: seeds that a fuzzer finds its way from."""

HEADER = """\
if [ -s $prefix/grubenv ]; then
  set have_grubenv=true
  load_env
fi
if [ "${next_entry}" ] ; then
   set default="${next_entry}"
   save_env next_entry
else
   set default="${saved_entry}"
fi
if [ x"${feature_menuentry_id}" = xy ]; then
  menuentry_id_option="--id"
fi
function load_video {
  if [ x$feature_all_video_module = xy ]; then
    insmod all_video
  else
    insmod vga
  fi
}
for a in 1 2; do echo $a; done
while test -z "$done"; do set done=1; done
"""
ENTRY = """\
menuentry 'A system' --class gnu --users "" $menuentry_id_option 'simple' {
    load_video
    search --no-floppy --fs-uuid --set=root 3f2a9d1e-7c55-4d0b-9a41-0d7c2f6b8e11
    linux /boot/vmlinuz-6.1.0 root=UUID=3f2a9d1e ro console=tty0 console=ttyS0,115200 cloud-init=disabled
    initrd /boot/initrd.img-6.1.0
}
submenu 'More' {
    menuentry "B" { linux16 /vmlinuz root=/dev/vda1; initrd16 /a /b; }
    menuentry "C" { chainloader +1; }
}
"""
ENV = "# GRUB Environment Block\nsaved_entry=simple\nkernelopts=root=UUID=1 ro\n" + "#" * 100
BLS = "title openEuler\nversion 6.6.0\nlinux /vmlinuz-6.6.0\ninitrd /initramfs-6.6.0.img $tuned_initrd\noptions $kernelopts quiet\nid a\ngrub_class oe\n"
UNIT = "[Unit]\nDescription=A\nRequires=b.service\nConditionPathExists=/etc/x\n[Service]\nExecStart=/usr/sbin/a --b\n[Install]\nWantedBy=multi-user.target\nAlias=c.service\nAlso=d.socket\n"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7dHZcQ5X1a5o1cZ9c0Xv2k1p0y5o9q0fQG6y6b2Q3d someone@somewhere\n"
PEM = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n-----END OPENSSH PRIVATE KEY-----\n"
PASSWD = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:d:/usr/sbin:/usr/sbin/nologin\nadmin:x:1000:1000::/home/admin:/bin/sh\n+::::::\n"
GROUP = "root:x:0:\nwheel:x:10:admin,root\nsudo:x:27:admin\nadmin:x:1000:\n"
SHADOW = "root:$6$salt$abcdefghijklmnop:19700:0:99999:7:::\ndaemon:*:19700:0:99999:7:::\nadmin:!$y$j9T$a$b:19700::::::\nempty::1:2:3:4:5:6:\n"

GUESTS = {
    ("boot", "grub"): {"/boot/grub2/grub.cfg": HEADER + ENTRY, "/boot/grub2/grubenv": ENV},
    ("boot", "password"): {"/boot/grub/grub.cfg": 'set superusers="root"\npassword_pbkdf2 root grub.pbkdf2.sha512.10000.AB.CD\npassword b c\n' + ENTRY},
    ("boot", "source"): {"/boot/grub/grub.cfg": 'set timeout=5\nsource /boot/grub/b.cfg\nif [ -f ${config_directory}/custom.cfg ]; then source ${config_directory}/custom.cfg; fi\nconfigfile $prefix/c.cfg\n',
                         "/boot/grub/b.cfg": ENTRY, "/boot/grub/c.cfg": "blscfg\n", "/boot/grub/custom.cfg": 'set a="b\\"c$d"\n. $prefix/b.cfg\n'},
    ("boot", "bls"): {"/boot/grub2/grub.cfg": "blscfg\n", "/boot/loader/entries/a-6.6.0.conf": BLS, "/boot/loader/entries/b.conf": BLS.replace("6.6.0", "5.10"), "/boot/grub2/grubenv": ENV},
    ("boot", "systemd-boot"): {"/boot/loader/loader.conf": "default a*\ntimeout 3\n", "/boot/loader/entries/a.conf": BLS, "/etc/kernel/cmdline": "root=/dev/vda1 ro\n"},
    ("boot", "extlinux"): {"/boot/extlinux/extlinux.conf": "DEFAULT a\nTIMEOUT 50\nMENU TITLE x\nLABEL a\n  MENU LABEL A\n  LINUX /vmlinuz\n  INITRD /initrd\n  APPEND root=/dev/vda1 ro\nINCLUDE /b.conf\n"},
    ("boot", "default"): {"/etc/default/grub": 'GRUB_DEFAULT=0\nGRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX="console=tty0 net.ifnames=0"\n', "/etc/default/grub.d/a.cfg": 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX b=c"\n', "/boot/grub/grub.cfg": ENTRY},
    ("fstab", "plain"): {"/etc/fstab": "# a comment\nUUID=1234-5678 /boot vfat umask=0077 0 2\nLABEL=root / ext4 defaults,noatime 0 1\n/dev/vda2 none swap sw 0 0\nPARTUUID=a-01 /a\\040b ext4 nofail\n//server/x /x cifs\n/dev/mapper/a /m xfs\ntmpfs /tmp tmpfs\n"},
    ("cloud", "cfg"): {
        "/etc/cloud/cloud.cfg": "users:\n  - default\n  - name: a\n    plain_text_passwd: b\n    lock_passwd: false\n    ssh_authorized_keys: [x]\n    sudo: ['ALL=(ALL) NOPASSWD:ALL']\ndisable_root: true\nssh_pwauth: no\n"
        "cloud_init_modules: [seed_random, bootcmd, growpart, resizefs, ssh]\nsystem_info:\n  distro: debian\n  default_user: {name: d, lock_passwd: true, shell: /bin/bash}\n",
        "/etc/cloud/cloud.cfg.d/90_a.cfg": "datasource_list: [ Ec2, None ]\nmerge_how: 'dict(recurse_array)+list(append)'\nchpasswd: {list: \"a:b\\nc:RANDOM\", expire: false}\n",
        "/etc/cloud/cloud.cfg.d/91.cfg": "#cloud-config\na: &x {b: c}\nd: *x\n<<: *x\nruncmd:\n  - [ls, -l]\n  - echo a && b\nwrite_files:\n- path: /a\n  content: |\n    text\n  encoding: b64\n"},
    ("cloud", "seed"): {"/var/lib/cloud/seed/nocloud/user-data": "#cloud-config\npassword: a\n", "/var/lib/cloud/seed/nocloud/meta-data": "instance-id: a\n",
                        "/etc/cloud/ds-identify.cfg": "policy: enabled\n", "/etc/cloud/cloud-init.disabled": "", "/usr/lib/python3/dist-packages/cloudinit/version.py": '__VERSION__ = "24.4"\n', "/etc/cloud/cloud.cfg": "a: 1e3\nb: 0x1F\nc: 1:30\nd: ~\ne: !!str 5\n"},
    ("ssh", "include"): {"/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\nPasswordAuthentication=no\nPort 22\nListenAddress 0.0.0.0:2222\nMatch User a,b Address 10.0.0.0/8\n  PasswordAuthentication yes\nMatch all\nSubsystem sftp /usr/lib/openssh/sftp-server\nAllowUsers \"a b\" c@d\n",
                         "/etc/ssh/sshd_config.d/a.conf": "PermitRootLogin prohibit-password\nInclude b*.conf\nCiphers +aes128-ctr\n", "/usr/sbin/sshd": "\x7fELF", "/etc/ssh/ssh_host_rsa_key": (0o600, PEM), "/etc/sysconfig/sshd": "OPTIONS=\"-o PermitRootLogin=yes -p 23\"\n",
                         "/etc/systemd/system/multi-user.target.wants/sshd.service": ("->", "/usr/lib/systemd/system/sshd.service"), "/usr/lib/systemd/system/sshd.service": "[Service]\nEnvironmentFile=-/etc/sysconfig/sshd\nExecStart=/usr/sbin/sshd -D $OPTIONS\n"},
    ("sudo", "plain"): {"/etc/sudoers": (0o440, 'Defaults env_reset, !authenticate\nDefaults:admin timestamp_timeout=-1\nUser_Alias A = admin, %wheel\nCmnd_Alias C = /bin/ls, \\\n  /bin/cat\nHost_Alias H=ALL\nRunas_Alias R=root\nroot ALL=(ALL:ALL) ALL\nA H=(R) NOPASSWD: C, !/bin/sh, PASSWD: ALL\n#1000 ALL=ALL\n@includedir /etc/sudoers.d\n#include /etc/sudoers.x\n'),
                        "/etc/sudoers.d/90-cloud": (0o440, "admin ALL=(ALL) NOPASSWD:ALL\n%sudo ALL=(ALL) ALL\n"), "/etc/passwd": PASSWD, "/etc/group": GROUP, "/etc/shadow": SHADOW, "/usr/bin/sudo": (0o4755, "x")},
    ("accounts", "plain"): {"/etc/passwd": PASSWD, "/etc/group": GROUP, "/etc/shadow": (0o640, SHADOW), "/etc/login.defs": "PASS_MAX_DAYS 99999\nENCRYPT_METHOD SHA512\nUID_MIN 1000\n", "/root/.ssh/authorized_keys": (0o600, 'from="10.0.0.1",no-pty,command="a \\"b\\"" ' + KEY + "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ== x\n# c\n"),
                            "/etc/pam.d/common-password": "password requisite pam_pwquality.so retry=3 minlen=8\npassword [success=1 default=ignore] pam_unix.so obscure yescrypt\n@include common-auth\n", "/etc/security/pwquality.conf": "minlen = 8\ndcredit = -1\n", "/etc/security/faillock.conf": "deny = 5\n", "/etc/pam.d/system-auth": "auth required pam_faillock.so preauth deny=3\n"},
    ("services", "plain"): {"/usr/lib/systemd/system/a.service": UNIT, "/etc/systemd/system/multi-user.target.wants/a.service": ("->", "/usr/lib/systemd/system/a.service"), "/etc/systemd/system/default.target": ("->", "/usr/lib/systemd/system/multi-user.target"), "/usr/lib/systemd/system/multi-user.target": "[Unit]\nRequires=basic.target\n",
                            "/etc/systemd/system/b.service": ("->", "/dev/null"), "/etc/systemd/system/a.service.d/x.conf": "[Service]\nExecStart=\nExecStart=/b\n", "/usr/lib/systemd/system/t@.service": UNIT, "/etc/systemd/system/getty.target.wants/t@tty1.service": ("->", "/usr/lib/systemd/system/t@.service"),
                            "/usr/lib/systemd/system-preset/90.preset": "enable a*\ndisable *\n", "/usr/lib/systemd/systemd": "x", "/sbin/init": ("->", "/usr/lib/systemd/systemd")},
    ("secrets", "plain"): {"/etc/passwd": PASSWD, "/root/.bash_history": "export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYAB\nmysql -u root -phunter2\n", "/root/.ssh/id_ed25519": (0o600, PEM), "/root/.aws/credentials": "[default]\naws_access_key_id = AKIAABCDEFGHIJKLMNOP\naws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYAB\n",
                           "/root/.docker/config.json": '{"auths":{"a":{"auth":"dTpw"}}}\n', "/root/.netrc": "machine a login b password c\n", "/etc/wpa_supplicant/a.conf": 'network={\n ssid="a"\n psk="b"\n}\n', "/etc/machine-id": "0123456789abcdef0123456789abcdef\n", "/var/lib/systemd/random-seed": "x", "/var/log/a.log": "b", "/home/admin/.git-credentials": "https://a:b@c\n"},
    ("network", "netplan"): {"/etc/netplan/a.yaml": "network:\n  version: 2\n  renderer: networkd\n  ethernets:\n    eth0: {dhcp4: true, match: {macaddress: '00:11:22:33:44:55'}, set-name: eth0, addresses: [10.0.0.1/24]}\n    all: {match: {name: 'en*'}, dhcp4: yes}\n"},
    ("network", "interfaces"): {"/etc/network/interfaces": "auto lo eth0\niface lo inet loopback\nallow-hotplug eth0\niface eth0 inet static\n  address 10.0.0.1/24\n  hwaddress ether 00:11:22:33:44:55\nsource /etc/network/interfaces.d/*\nsource-directory d\nmapping eth*\n  script a\n", "/etc/network/interfaces.d/a": "iface eth1 inet dhcp\niface eth1 inet6 auto\n"},
    ("network", "networkd"): {"/etc/systemd/network/a.network": "[Match]\nName=en* !eth1\nMACAddress=00:11:22:33:44:55\n[Network]\nDHCP=ipv4\nAddress=10.0.0.1/24\n[Route]\nGateway=10.0.0.254\n", "/etc/systemd/network/b.link": "[Match]\nPermanentMACAddress=a\n[Link]\nName=x\n"},
    ("network", "manager"): {"/etc/NetworkManager/NetworkManager.conf": "[main]\nplugins=keyfile,ifcfg-rh\nno-auto-default=*\n", "/etc/NetworkManager/system-connections/a.nmconnection": (0o600, "[connection]\nid=a\ntype=ethernet\ninterface-name=eth0\n[ethernet]\nmac-address=00:11:22:33:44:55\n[ipv4]\nmethod=auto\naddress1=10.0.0.1/24,10.0.0.254\n"),
                             "/etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nBOOTPROTO='dhcp'\nHWADDR=\"00:11:22:33:44:55\"\nONBOOT=yes\n", "/etc/udev/rules.d/70-persistent-net.rules": 'SUBSYSTEM=="net", ATTR{address}=="00:11:22:33:44:55", NAME="eth0"\n', "/etc/resolv.conf": "nameserver 8.8.8.8\nsearch a b\n", "/etc/hosts": "127.0.0.1 localhost\n::1 h # c\n", "/etc/hostname": "h\n"},
    ("system", "plain"): {"/etc/os-release": ("->", "../usr/lib/os-release"), "/usr/lib/os-release": 'NAME="openEuler"\nID=openEuler\nVERSION_ID="24.03"\nPRETTY_NAME=\'a\\$b\'\nANSI_COLOR="0;31"\n', "/etc/selinux/config": "SELINUX=enforcing # a\nSELINUXTYPE=targeted\n", "/etc/yum.repos.d/a.repo": "[OS]\nname=OS\nbaseurl=http://a/$basearch/\n  http://b\nenabled=1\ngpgcheck=0\n[B]\nmirrorlist=https://x\n",
                         "/etc/apt/sources.list": "deb [signed-by=/a arch=amd64] http://deb.debian.org/debian bookworm main contrib\n# deb-src x\n", "/etc/apt/sources.list.d/a.sources": "Types: deb deb-src\nURIs: https://a https://b\nSuites: x\nSigned-By:\n -----BEGIN\n .\n x\nEnabled: no\n\n", "/etc/chrony.conf": "pool a iburst\nserver b\nmakestep 1 3\nleapsectz right/UTC\n",
                         "/etc/nftables.conf": "#!/usr/sbin/nft -f\nflush ruleset\ndefine x = { 22, 80 }\ntable inet filter {\n chain input {\n  type filter hook input priority 0; policy drop;\n  tcp dport { 22, $x } accept\n  ct state established,related accept\n }\n}\ninclude \"/etc/b.nft\"\n", "/etc/iptables/rules.v4": "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m multiport --dports 22,80:90 -j ACCEPT\n-A INPUT -m state --state NEW -j X\nCOMMIT\n",
                         "/etc/ufw/ufw.conf": "ENABLED=yes\n", "/etc/ufw/user.rules": "*filter\n### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n-A ufw-user-input -p tcp --dport 22 -j ACCEPT\n", "/etc/firewalld/firewalld.conf": "DefaultZone=public\n", "/etc/firewalld/zones/public.xml": "<?xml version=\"1.0\"?><zone><service name=\"ssh\"/><port port=\"80\" protocol=\"tcp\"/></zone>\n",
                         "/etc/localtime": ("->", "/usr/share/zoneinfo/Asia/Shanghai"), "/etc/adjtime": "0.0 0 0.0\n0\nLOCAL\n", "/etc/locale.conf": 'LANG="C.UTF-8"\n', "/etc/timezone": "UTC\n", "/etc/systemd/timesyncd.conf": "[Time]\nNTP=a b\n"},
}
