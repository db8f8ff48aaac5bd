package wire

// Error codes about organizations (protocol reference 8.10). HTTP status in the comment.
const (
	CodeAlreadyMember        = "already_a_member_in_organization"                   // 400
	CodeLastAdmin            = "organization_minimum_permissions_needed"            // 400
	CodeCreatorNotFound      = "organization_creator_not_found"                     // 400
	CodeDuplicateRecord      = "duplicate_record"                                   // 400
	CodeBulkSizeExceeded     = "bulk_size_exceeded"                                 // 400
	CodeMissingPermission    = "missing_organization_permission"                    // 403
	CodeNotMember            = "not_a_member_in_organization"                       // 403
	CodeMembershipQuota      = "organization_membership_quota_exceeded"             // 403
	CodeOrganizationLimit    = "org_creation_limit_exceeded"                        // 403
	CodeAdminDeleteDisabled  = "organization_admin_delete_not_enabled"              // 403
	CodeDomainsDisabled      = "organization_domains_not_enabled"                   // 403
	CodeSystemPermission     = "organization_system_permission_not_modifiable"      // 403
	CodeRolesQuota           = "organization_instance_roles_quota_exceeded"         // 403
	CodeOrganizationNotFound = "organization_not_found_or_unauthorized"             // 404
	CodeInvitationNotFound   = "organization_invitation_not_found"                  // 404
	CodeInvitationNotPending = "organization_invitation_not_pending"                // 404
	CodePermissionNotInRole  = "organization_role_permission_association_not_found" // 404
	CodePermissionInRole     = "organization_role_permission_association_exists"    // 409
	CodeParamValueInvalid    = "form_param_value_invalid"                           // 422
	CodeRoleAssigned         = "organization_role_assigned_members"                 // 422
	CodeRoleInvited          = "organization_role_exists_in_invitations"            // 422
	CodeCreatorRole          = "organization_role_default_creator_role"             // 422
	CodeDefaultRole          = "organization_role_domain_default_role"              // 422
	CodeCreatorPermissions   = "organization_missing_creator_role_permissions"      // 422
)
