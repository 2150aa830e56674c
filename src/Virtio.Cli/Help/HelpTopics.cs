using Virtio.Cli.Consoles;

namespace Virtio.Cli.Help;

/// <summary>The topics of <c>virtio help</c>.</summary>
internal static class HelpTopics
{
    private const string Specs =
        """
        A disk, a console or a served device is written as one word, a SPEC: a thing,
        then options, each behind a comma, in any order.

          disk.img,ro,id=root          the file disk.img, read-only, named root
          block,socket=/run/disk.sock  a disk that another process serves

        A comma that belongs to a path, a URL or a name is written twice. This holds
        for --disk, --vhost-user, --console, --serial and for 'virtio serve'.

          a,,b.img,ro                  the file a,b.img, read-only
          unix:/tmp/a,,b               the socket /tmp/a,b
        """;

    private const string Disks =
        """
        --disk THING[,OPTION]...

        THING is one of
          PATH         a regular file or a block device, as a raw image; it is locked
                       while it is in use
          URL          http or https: read-only, fetched as the guest reads
          mem:SIZE     in memory, and gone at the end; it takes what is written to it

        OPTION is any of
          ro           the guest cannot write
          id=NAME      the serial number that the guest sees, 1 to 20 characters
          mkfs=ext4    the guest image makes ext4 on it, if it is blank; a disk that is
                       not blank is left as it is
          mapped       the file is mapped into memory: faster, but an error of its
                       device, or a change of its length, ends the machine
          shared       other processes may have the file open for writing too
          unvalidated  the server of a URL need not name a version (ETag or
                       Last-Modified); a change of the object then goes unseen
        and those of 'virtio help rings'.

        The first disk is /dev/vda. The guest image mounts it on /mnt if it has a file
        system. The guest sees whole sectors of 512 bytes.
        """;

    private const string Rings =
        """
        What a device offers of its rings, for experiments and measurements. As options
        of --disk and --vhost-user (where they take from what the back-end offers):

          packed=on|off             the packed layout instead of the split one (on)
          indirect=on|off           tables of descriptors (on)
          event-idx=on|off          fewer notifications and interrupts (on)
          queue-reset=on|off        single queues can be reset (on)
          in-order=on|off           requests are completed in order (off)
          notification-data=on|off  notifications say how far the driver is (off)
          access-platform=on|off    the device uses the platform's addresses (off)
          order-platform=on|off     the platform's memory order (off)
          queue-size=COUNT          descriptors of a ring, at most 32768 (256)

        The size of a split ring is a power of two. With --vhost-user in-order is on.
        'virtio serve' has options of the same names; there packed is off.
        """;

    private const string Sizes =
        """
        A size is a number and a unit: 512M, 1.5G, 1GB, 1gib, 65536. The units are
        powers of 1024, however they are spelled, as in docker and QEMU: K, KB and KiB
        are 1024 bytes, M is 1024 K, G is 1024 M, T is 1024 G. Upper and lower case are
        the same; without a unit it is bytes.

        A time is a number and a unit, as in timeout(1): 90, 90s, 1.5m, 2h, 1d; and
        500ms.
        """;

    private const string Status =
        """
        0    the guest powered off or rebooted, or Ctrl-A x ended it; of 'virtio serve':
             SIGTERM ended it
        1    a fault: a file that is missing, a host that refuses, a machine that failed
        2    wrong usage: the command line, or a file of devices, is not valid
        3    the guest's kernel panicked
        124  the time of --timeout has passed
        129, 130, 143
             SIGHUP, SIGINT (Ctrl-C) or SIGTERM ended the run

        Messages go to standard error. VIRTIO_DEBUG=1 adds details to them.
        They are coloured on a terminal, unless NO_COLOR is set or TERM is 'dumb'.
        """;

    private const string Keys =
        """
        While this terminal is the guest's console, all keys are the guest's, Ctrl-C
        included, but for these:

        """ + "\n" + CommandKeys.List + "\n\n" +
        """
        In the background (virtio run &) the guest runs on and its output is shown, but
        the terminal is left alone. 'fg' makes it the guest's.
        """;

    internal static IReadOnlyList<HelpTopic> All { get; } =
    [
        new("disks", "what --disk takes", Disks),
        new("keys", "the keys of a console at a terminal", Keys),
        new("rings", "what a device offers of its rings", Rings),
        new("sizes", "how sizes and times are written", Sizes),
        new("specs", "how disks, consoles and devices are written, and commas in paths", Specs),
        new("status", "exit status and messages", Status),
    ];
}
