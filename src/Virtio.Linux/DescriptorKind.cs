namespace Virtio.Linux;

/// <summary>What a descriptor that another process has sent refers to.</summary>
public enum DescriptorKind
{
    /// <summary>None of the others: a timer, a signal descriptor, a hypervisor's.</summary>
    Other,

    /// <summary>An eventfd.</summary>
    Event,

    /// <summary>One end of a pipe.</summary>
    Pipe,

    /// <summary>A file, which may be one in memory, or a folder.</summary>
    File,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A device, such as a terminal or a disk.</summary>
    Device,
}
