namespace Virtio.Linux;

/// <summary>The kind of a descriptor that another process has sent.</summary>
public enum DescriptorKind
{
    /// <summary>Any other kind: a timer, a signal descriptor, a hypervisor's.</summary>
    Other,

    /// <summary>An eventfd.</summary>
    Event,

    /// <summary>One end of a pipe.</summary>
    Pipe,

    /// <summary>A file, including one in memory, or a folder.</summary>
    File,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A device, such as a terminal or a disk.</summary>
    Device,
}
