/* The number of this workgroup, where lvk_launch_groups() may have folded one dimension into two. */
#define LVK_GROUP_INDEX (gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x)
