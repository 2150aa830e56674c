using System.Reflection;
using Virtio.Vmm;
using Xunit.Sdk;
using Xunit.v3;

namespace Virtio.Guest.Tests.Machines;

/// <summary>
/// Rows of a theory whose first argument is the machine: one row for each machine, with the same further arguments. The KVM row has the
/// trait <c>Machine=Kvm</c>, by which the build runs it on real KVM (<c>eng/with-kvm</c>). On a host without KVM it is skipped with the
/// reason.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class OnEachMachineAttribute(params object[] arguments) : DataAttribute
{
    /// <summary>
    /// Whether the KVM row belongs to every run of the tests. The other KVM rows have the trait <c>Run=All</c>, because an emulated
    /// processor is slow.
    /// </summary>
    public bool InEveryRun { get; init; }

    /// <inheritdoc/>
    public override bool SupportsDiscoveryEnumeration() => true;

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([Row(MicroVmMachine.Software), Row(MicroVmMachine.Kvm)]);

    private TheoryDataRow Row(MicroVmMachine machine)
    {
        var row = new TheoryDataRow([machine, .. arguments]);
        if (machine != MicroVmMachine.Kvm)
            return row;

        row.Traits.Add("Machine", ["Kvm"]);
        if (!InEveryRun)
            row.Traits.Add("Run", ["All"]);
        row.Skip = HostKvm.WhyNot;
        return row;
    }
}
