using System.Globalization;

namespace Virtio.Kvm;

/// <summary>A condition that KVM could not handle.</summary>
public sealed class KvmInternalError
{
    private readonly ulong[] _data;

    internal KvmInternalError(uint kind, ReadOnlySpan<ulong> data)
    {
        Kind = kind;
        _data = data.ToArray();
    }

    /// <summary>
    /// The kind, with the numbers of linux/kvm.h (<c>KVM_INTERNAL_ERROR_…</c>): 1 is an instruction that KVM cannot emulate.
    /// </summary>
    public uint Kind { get; }

    /// <summary>KVM's further data; the meaning depends on the kind.</summary>
    public ReadOnlySpan<ulong> Data => _data;

    /// <summary>The kind and the data in one line.</summary>
    public override string ToString()
    {
        string kind = Kind switch
        {
            1 => "an instruction that KVM cannot emulate",
            2 => "an exception while another was delivered",
            3 => "a fault while an event was delivered",
            4 => "an exit of the processor that KVM does not expect",
            _ => "internal error " + Kind.ToString(CultureInfo.InvariantCulture),
        };
        string data = string.Join(' ', _data.Select(word => word.ToString("x16", CultureInfo.InvariantCulture)));
        return _data.Length == 0 ? kind : $"{kind} (data {data})";
    }
}
